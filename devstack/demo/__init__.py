"""`./tollgate demo`: one deal, its refusals and a policy change, through the real service."""
