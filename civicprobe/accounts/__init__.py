"""People: roles, area scopes, sign-in, rider devices, API tokens, who is calling."""
