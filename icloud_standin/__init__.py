"""A local iCloud for the demo and the tests: Apple's manners, a byte-exact store.

It knows nothing of Referins. `icloud_standin.server.StandIn` starts one in this process;
`manage.py icloud_standin` starts one of its own.
"""
