"""Writes places.mmdb: two documentation networks placed in Berlin and Lisbon. Needs mmdb_writer and netaddr (PyPI)."""

from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet

writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="GeoLite2-City", languages=["en"])
for network, latitude, longitude in [("203.0.113.0/24", 52.52, 13.40), ("198.51.100.0/24", 38.72, -9.14)]:
    writer.insert_network(IPSet([network]), {"location": {"latitude": latitude, "longitude": longitude}})
writer.to_db_file(str(Path(__file__).with_name("places.mmdb")))
