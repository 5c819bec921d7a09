"""Supply for programs: the public register, and a provider's own sites, pools, cards, offers, prices and files."""
