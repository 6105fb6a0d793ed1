"""Every method of the Connector and every error it documents, by a client that is not ours.

Usage: connector.py HOST:PORT. Prints a JSON object per step; what the registry chooses (ids and
times) is left out. tests/it/connector/steps.rs does the same steps with ours.
"""

import asyncio
import json
import sys

import grpc
from edge.connector.v1 import connector_pb2 as pb
from edge.connector.v1 import connector_pb2_grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

MASTER = "canary-master"
DEVICE = "canary-device"
NOWHERE = "127.0.0.1:1"
UNKNOWN_ID = "00000000-0000-4000-8000-000000000000"
PROFILE = '{"type":"number","minimum":0,"maximum":100,"unit":"%"}'
TIMEOUT = 30


def record(asset):
    return {
        "sn": asset.sn,
        "name": asset.name,
        "type": pb.AssetType.Name(asset.type),
        "vendor": asset.vendor,
        "organization_id": asset.organization_id,
        "parent_sn": asset.parent_sn,
        "description": asset.description,
        "model": asset.model,
        "version": asset.version,
        "digest": asset.digest,
        "sub_assets": [part(sub_asset) for sub_asset in asset.sub_assets],
        "is_given": bool(asset.id and asset.created_at and asset.updated_at),
    }


def part(sub_asset):
    known = {
        "parent_sn": sub_asset.parent_sn,
        "version": sub_asset.version,
        "is_given": bool(sub_asset.id and sub_asset.created_at and sub_asset.updated_at),
    }
    if sub_asset.WhichOneof("part") == "device":
        return known | {"device": record(sub_asset.device)}
    point = sub_asset.data_point
    return known | {
        "name": point.name,
        "kind": pb.Kind.Name(point.kind),
        "title": point.title,
        "description": point.description,
        "profile": json.loads(point.profile),
    }


def violations(error):
    status = rpc_status.from_call(error)
    request = error_details_pb2.BadRequest()
    for detail in status.details if status else []:
        if detail.Unpack(request):
            return [[found.field, found.description] for found in request.field_violations]
    return []


def data_point(name):
    point = pb.DataPoint(name=name, kind=pb.KIND_SENSOR, title=name.title(), profile=PROFILE)
    return pb.SubAsset(data_point=point)


def child(sn, name):
    return pb.SubAsset(device=pb.Asset(sn=sn, name=name))


def dock():
    return pb.Asset(
        sn="DOCK-1",
        name="Roof Dock 1",
        type=pb.ASSET_TYPE_DOCK,
        vendor="DJI",
        organization_id="org-1",
        description="On the roof",
        model="urn:example:dock:1",
        sub_assets=[child("DRONE-1", "Mavic 3"), data_point("wind")],
    )


class Client:
    def __init__(self, channel, token):
        self.stub = connector_pb2_grpc.ConnectorServiceStub(channel)
        self.metadata = [("authorization", f"Bearer {token}")] if token else []

    async def call(self, method, request):
        return await getattr(self.stub, method)(request, metadata=self.metadata, timeout=TIMEOUT)


class Steps:
    def __init__(self):
        self.ids = set()

    async def do(self, step, awaitable, show=record):
        outcome = {"step": step}
        answer = None
        try:
            answer = await awaitable
            outcome["ok"] = show(answer) if show else None
        except grpc.aio.AioRpcError as error:
            message = error.details()
            for known in self.ids:
                message = message.replace(known, "ID")
            outcome |= {"code": error.code().name, "message": message, "fields": violations(error)}
            if outcome["code"] == "UNAVAILABLE":
                outcome["message"] = ""
        if given := getattr(answer, "id", None):
            self.ids.add(given)
        print(json.dumps(outcome), flush=True)
        return answer


async def listing(client, organization_id, page_size):
    serial_numbers, pages, token = [], 0, ""
    while True:
        request = pb.ListAssetsRequest(
            organization_id=organization_id, page_size=page_size, page_token=token
        )
        page = await client.call("ListAssets", request)
        serial_numbers += [asset.sn for asset in page.assets]
        pages, token = pages + 1, page.next_page_token
        if not token:
            return {"sns": serial_numbers, "pages": pages}


def register(client, asset):
    return client.call("RegisterAsset", pb.RegisterAssetRequest(asset=asset))


def update(client, asset, *mask):
    return client.call("UpdateAsset", pb.UpdateAssetRequest(asset=asset, update_mask=mask))


def add(client, parent_sn, sub_asset):
    return client.call("AddSubAsset", pb.AddSubAssetRequest(parent_sn=parent_sn, sub_asset=sub_asset))


def remove(client, sub_id):
    return client.call("RemoveSubAsset", pb.RemoveSubAssetRequest(id=sub_id))


def delete(client, asset_id):
    return client.call("DeleteAsset", pb.DeleteAssetRequest(id=asset_id))


def get(client, asset_id):
    return client.call("GetAsset", pb.GetAssetRequest(id=asset_id))


def by_sn(client, sn):
    return client.call("GetAssetBySn", pb.GetAssetBySnRequest(sn=sn))


async def assets(steps, client):
    await steps.do("get by sn, absent", by_sn(client, "DOCK-1"))
    registered = await steps.do("register", register(client, dock()))
    await steps.do("register again", register(client, pb.Asset(sn="DOCK-1", name="Another")))
    await steps.do("get", get(client, registered.id))
    await steps.do("get by sn", by_sn(client, "DOCK-1"))
    await steps.do("get, absent", get(client, UNKNOWN_ID))
    await steps.do("get by sn, malformed", by_sn(client, "a/b"))
    await steps.do("register without a serial number", register(client, pb.Asset(name="Nobody")))
    broken = pb.Asset(sn="D", sub_assets=[data_point("a/b"), data_point("fine"), data_point("c d")])
    await steps.do("register with two mistakes", register(client, broken))
    thief = pb.Asset(sn="DOCK-2", sub_assets=[child("DRONE-1", "Stolen")])
    await steps.do("register with another's child", register(client, thief))
    other = pb.Asset(sn="DOCK-3", organization_id="org-1")
    await steps.do("register a second one", register(client, other))
    await steps.do("register a third one", register(client, pb.Asset(sn="DOCK-4")))
    await steps.do("list of an organization", listing(client, "org-1", 1), show=dict)
    await steps.do("list of all", listing(client, "", 0), show=dict)
    await steps.do("list of nobody", listing(client, "org-2", 10), show=dict)


async def updates(steps, client):
    asset = await steps.do("read", by_sn(client, "DOCK-1"))
    stale = pb.Asset()
    stale.CopyFrom(asset)
    asset.name = "Roof Dock 1 (renamed)"
    mask = ["name", "type", "vendor", "organization_id", "description", "model", "parent_sn", "sub_assets"]
    await steps.do("update", update(client, asset, *mask))
    await steps.do("update again", update(client, asset, *mask))
    stale.description = "Stale"
    await steps.do("update of an old version", update(client, stale, *mask))
    sparse = pb.Asset(sn="DOCK-1", description="By mask")
    await steps.do("update of one field", update(client, sparse, "description"))
    await steps.do("update, absent", update(client, pb.Asset(sn="DOCK-9"), "name"))


async def parts(steps, client):
    drone = await steps.do("add a device", add(client, "DOCK-1", child("DRONE-2", "Mini")), show=part)
    point = await steps.do("add a data point", add(client, "DOCK-1", data_point("rain")), show=part)
    await steps.do("add a device again", add(client, "DOCK-1", child("DRONE-2", "Mini")), show=part)
    await steps.do("add a data point again", add(client, "DOCK-1", data_point("RAIN")), show=part)
    await steps.do("add to nobody", add(client, "DOCK-9", data_point("rain")), show=part)
    await steps.do("add nothing", add(client, "DOCK-1", pb.SubAsset()), show=part)
    await steps.do("with its parts", by_sn(client, "DOCK-1"))
    await steps.do("remove a device", remove(client, drone.id), show=None)
    await steps.do("remove a data point", remove(client, point.id), show=None)
    await steps.do("remove again", remove(client, point.id), show=None)
    await steps.do("without its parts", by_sn(client, "DOCK-1"))


async def tokens(steps, channel):
    for name, token in [("no token", None), ("a wrong token", "canary-wrong"), ("its token", DEVICE)]:
        client = Client(channel, token)
        await steps.do(f"{name}: own device", by_sn(client, "DOCK-1"))
        await steps.do(f"{name}: other device", by_sn(client, "DOCK-3"))
        await steps.do(f"{name}: register", register(client, pb.Asset(sn="DOCK-5")))


async def end(steps, client):
    asset = await steps.do("read", by_sn(client, "DOCK-1"))
    await steps.do("delete", delete(client, asset.id), show=None)
    await steps.do("delete again", delete(client, asset.id), show=None)
    await steps.do("get, deleted", get(client, asset.id))
    await steps.do("its child is deleted too", by_sn(client, "DRONE-1"))


async def main(target):
    steps = Steps()
    async with grpc.aio.insecure_channel(target) as channel:
        client = Client(channel, MASTER)
        await assets(steps, client)
        await updates(steps, client)
        await parts(steps, client)
        await tokens(steps, channel)
        await end(steps, client)
    async with grpc.aio.insecure_channel(NOWHERE) as channel:
        await steps.do("nobody there", by_sn(Client(channel, MASTER), "DOCK-1"))


asyncio.run(main(sys.argv[1]))
