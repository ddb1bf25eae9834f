"""The figures of the dashboards: how they are summed up, and how they are read."""
