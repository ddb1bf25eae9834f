"""Made-up institutions, people, surveys and requests for trying the portal out. Nothing here is real.

`names` and `stories` are tables, `surveys` invents figures, `build` writes everything and `play` lets the people of
the demonstration use the portal's own verbs at moments of the past.
"""
