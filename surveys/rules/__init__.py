"""Pure rules of the survey: no Django, no database."""
