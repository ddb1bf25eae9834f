"""The survey's pages: choose an institution, answer, look back. Officers look at answers in the admin."""
