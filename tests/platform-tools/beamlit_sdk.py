"""What the SDK of the platform's old name does with its file: beamlit_sdk.py models | file | save.

One line of JSON: `models` asks the API that `BL_BASE_URL` names, `file` tells what the file says, and `save`
puts what stands on standard input into it: {"workspace": ..., "credentials": {...}}. The package is as it is
published.
"""

import dataclasses
import json
import sys

from beamlit.api.models import list_models
from beamlit.authentication import Credentials, WorkspaceConfig, new_client
from beamlit.authentication.credentials import (
    load_config,
    save_config,
    save_credentials,
    set_current_workspace,
)
from beamlit.common.settings import init


def models() -> dict:
    workspace = init().workspace
    client = new_client()
    names = [model.metadata.name for model in list_models.sync(client=client)]
    return {"credential": type(client._provider).__name__, "workspace": workspace, "models": names}


def file() -> dict:
    return load_config().to_json()


def save() -> dict:
    asked = json.load(sys.stdin)
    credentials = Credentials(**asked["credentials"])
    # It saves no client credentials by this function, and keeps those that somebody else saved.
    if credentials.access_token or credentials.apiKey:
        save_credentials(asked["workspace"], credentials)
    else:
        config = load_config()
        config.workspaces.append(WorkspaceConfig(asked["workspace"], credentials))
        save_config(config)
    set_current_workspace(asked["workspace"])
    return dataclasses.asdict(credentials)


print(json.dumps({"models": models, "file": file, "save": save}[sys.argv[1]]()))
