"""How order is kept: reports and cases, acts and appeals, and who looked at what."""
