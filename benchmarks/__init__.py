"""Side-by-side measurements of Tollgate and its peers; `./tollgate bench` runs them."""
