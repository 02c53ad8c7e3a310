"""Signs a link with PyJWT:  mint.py PATH [SECONDS]

SLUICE_KID and SLUICE_SECRET are "kid" and "k" of an oct key of the key set.
"""
import base64
import os
import sys
import time

import jwt

secret = base64.urlsafe_b64decode(os.environ["SLUICE_SECRET"] + "==")
path, seconds = sys.argv[1], int((sys.argv + ["3600"])[2])

print(jwt.encode(
    {"path": path, "exp": int(time.time()) + seconds},
    secret, algorithm="HS256",
    headers={"kid": os.environ["SLUICE_KID"], "typ": "grant+jwt"}))
