"""変更履歴: what was changed in the tables that people answer for, by whom, from what to what.

`tracking` puts django-pghistory's triggers on a table, `who` tells the database who is at work, `reading` and `words`
are what the pages in `pages` show. Decision 0011.
"""
