"""Networks, builds and data files that tests are made of."""
