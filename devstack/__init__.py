"""Everything that runs Tollgate on one machine: servers, processes, checks. Not used in production."""
