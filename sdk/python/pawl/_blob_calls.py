"""Calls for blobs: values that are too large for the data of runs."""

import hashlib
from typing import Any, Mapping, Union

from ._caller import Caller, segment
from .errors import ProtocolError
from .models import Object

_PREFIX = "sha256:"


class BlobCalls(Caller):
    def put_blob(self, data: bytes, type: str = "application/octet-stream") -> Object:
        """Stores bytes and returns the value that refers to them: put it into the input of a run,
        the payload of a signal or the result of a step. The same bytes are stored once.

        A blob that no run refers to is deleted after a while (`blobs.grace_ms`).
        """
        hash = _PREFIX + hashlib.sha256(data).hexdigest()
        reference: Object = self._call("PUT", "/v1/blobs", query={"hash": hash}, raw=data,
                                       headers={"Content-Type": type}).json()
        return reference

    def get_blob(self, blob: Union[str, Mapping[str, Any]]) -> bytes:
        """Returns the bytes of a blob. `blob`: a value that refers to one, or its hash,
        "sha256:…". Raises NotFound, and ProtocolError if the answer was cut off."""
        hash = blob if isinstance(blob, str) else str(blob["$blob"])
        data = self._call("GET", "/v1/blobs/" + segment(hash), headers={"Accept": "*/*"}).body
        if hashlib.sha256(data).hexdigest() != hash.replace(_PREFIX, "", 1):
            raise ProtocolError(f"the bytes of blob {hash} are not complete: {len(data)} bytes")
        return data
