"""The portal's own pages of accounts, announcements and inquiries."""
