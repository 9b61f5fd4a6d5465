"""Provisional."""
import json
from hashlib import sha256
def canonico(v): return json.dumps(v, sort_keys=True, default=str, separators=(",", ":"))
def huella(t): return sha256(t.encode()).hexdigest()
