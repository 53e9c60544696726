"""What the platform's SDK does with its file: blaxel_sdk.py URL. One line of JSON.

The package is as it is published. It has no setting for where the platform is but `BL_ENV`, which knows hosts
outside alone, so that its own `with_base_url` and the attribute by which its credential finds the token
endpoint are used.
"""

import json
import sys

from blaxel.core.authentication import CredentialsError
from blaxel.core.client import client
from blaxel.core.client.api.models import list_models
from blaxel.core.common.settings import settings

client.with_base_url(sys.argv[1])
settings.auth.base_url = sys.argv[1]
try:
    names = [model.metadata.name for model in list_models.sync(client=client).data]
except CredentialsError:
    names = None
print(
    json.dumps({"credential": type(settings.auth).__name__, "workspace": settings.workspace, "models": names})
)
