"""Models that grade pairs: the protocol (pure), the calls (cached, budgeted, counted), and one file per kind of judge."""
