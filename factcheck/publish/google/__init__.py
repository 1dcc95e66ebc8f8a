"""Google's Fact Check Tools API v1alpha1, so that its clients work here by changing the base URL.

https://developers.google.com/fact-check/tools/api/reference/rest
"""
