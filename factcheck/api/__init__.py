"""The `/v1` calls: one file for each resource, routes only. Models and rules lie beneath."""
