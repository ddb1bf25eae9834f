"""検索: requests, announcements and help by any of their words, on one page."""
