"""Lists and aggregates shared by pages, admin, exports and commands. What a user may see is `visible_to`'s affair."""
