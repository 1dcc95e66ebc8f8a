"""The shapes of answers, for the OpenAPI document and for the test that holds answers against it."""
