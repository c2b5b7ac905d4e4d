"""The AWS CLI's own code for single sign-on, in a process of its own (it brings its own botocore).

cli_sso.py token HOME START_URL SESSION                      prints the cached token
cli_sso.py login HOME START_URL SESSION ENDPOINT REGION      logs in; somebody else confirms the code
SESSION is "" for the older form.
"""
import json
import os
import sys

import awscli  # noqa: F401  (from here on botocore is the CLI's)
from awscli.botocore.session import Session
from awscli.botocore.utils import JSONFileCache, SSOTokenFetcher, SSOTokenLoader
from awscli.customizations.sso.utils import _sso_json_dumps

command, home, start_url, session = sys.argv[1:5]
session = session or None
cache = JSONFileCache(os.path.join(home, ".aws/sso/cache"), dumps_func=_sso_json_dumps)
if command == "token":
    print(json.dumps(SSOTokenLoader(cache=cache)(start_url, session_name=session)))
else:
    endpoint, region = sys.argv[5:7]
    fetcher = SSOTokenFetcher(
        region, lambda service, config: Session().create_client(
            service, endpoint_url=endpoint, config=config), cache=cache)
    fetcher.fetch_token(start_url, session_name=session,
                        registration_scopes=["sso:account:access"] if session else None)
