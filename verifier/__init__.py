"""Programs that others run to check us; none of them imports Tollgate."""
