"""As `jst_short` and `jst_date`, with the year: lists of the admin go back over years, 2026/11/25（水）17:00."""

DATE_FORMAT = "Y/n/j（D）"
DATETIME_FORMAT = "Y/n/j（D）H:i"
