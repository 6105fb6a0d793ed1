"""The real SDK of AllThingsTalk, as its users write with it, against a platform of ours.

Usage: allthingstalk_sdk.py SCENARIO HTTP MQTT [COUNT]. Prints a JSON object per step;
tests/it/allthingstalk/python.rs says what it must be, and does the other side where a step waits for it.
(A script named like the package would be imported instead of it.)
"""

import datetime
import json
import queue
import sys
import time
import traceback

import paho.mqtt.client as paho
from allthingstalk import (
    Asset,
    AssetState,
    BooleanAsset,
    Client,
    Device,
    GeoAsset,
    IntegerAsset,
    NumberAsset,
    StringAsset,
    profiles,
)

MASTER = "maker:4CanaryMaster"
STATION_TOKEN = "maker:4CanaryStation"
STATION = "KcWO0CaaUMKMvSpyI6nqhZAT"
TIMEOUT = 30
REFUSED_SUBSCRIPTION = 128

# What handlers have heard. They run in the thread of the MQTT client; only the main one prints.
commands, feeds = queue.Queue(), queue.Queue()


def tell(step, **outcome):
    print(json.dumps({"step": step} | outcome), flush=True)


def attempt(step, action):
    """A step that may fail: by which exception."""
    try:
        tell(step, ok=action())
    except Exception as error:
        tell(step, error=type(error).__name__)


def show(asset):
    return {
        "name": asset.name,
        "kind": asset.kind,
        "title": asset.title,
        "description": asset.description,
        "profile": asset.profile,
        "device": asset.thing_id,
        "has_id": bool(asset.id),
    }


def listing(client, device_id):
    return [show(asset) for asset in client.get_assets(device_id)]


def put(heard, member):
    """A handler that only notes what it hears."""

    def handler(device, value, at):
        heard.put({"device": device.id, "member": member, "value": value, "at": at})

    return handler


class Station(Device):
    """All types and all kinds of assets."""

    temperature = NumberAsset(
        title="Outside", description="In the shade", unit="°C", minimum=-40, maximum=125
    )
    rain = IntegerAsset(kind=Asset.VIRTUAL, minimum=0)
    mode = StringAsset(kind=Asset.CONFIG, enum=["eco", "full"])
    lamp = BooleanAsset(kind=Asset.ACTUATOR)
    valve = IntegerAsset(kind=Asset.ACTUATOR, name="2", minimum=0, maximum=100, unit="%")
    place = GeoAsset()
    ledBar = Asset(profile=profiles.ObjectProfile(properties={"on": profiles.BooleanProfile()}))
    timed = NumberAsset(kind=None)
    unset = NumberAsset()


VALUES = {
    "temperature": 21.5,
    "rain": 7,
    "mode": "eco",
    "lamp": True,
    "valve": 40,
    "place": {"latitude": 50.8, "longitude": 4.4},
    "ledBar": {"on": False},
}

for name in [*VALUES, "timed"]:
    getattr(Station.feed, name)(put(feeds, name))


@Station.command.lamp
def on_lamp(device, value, at):
    device.lamp = value  # The acknowledgement.
    put(commands, "lamp")(device, value, at)


@Station.command.valve
def on_valve(device, value, at):
    device.valve = value
    put(commands, "valve")(device, value, at)


@Station.command.mode
def on_mode(device, value, at):
    device.mode = value
    put(commands, "mode")(device, value, at)


class Switch(Device):
    on = BooleanAsset(kind=Asset.ACTUATOR)


@Switch.command.on
def on_switched(device, value, at):
    device.on = value
    put(commands, "on")(device, value, at)


class Greenhouse(Device):
    """What the Rust device declares, as far as it is watched here."""

    temperature = NumberAsset()
    vent = IntegerAsset(kind=Asset.ACTUATOR)


Greenhouse.feed.temperature(put(feeds, "temperature"))


class Counter(Device):
    counter = IntegerAsset()


class Boiler(Device):
    """What a Rust device takes over."""

    temperature = NumberAsset(unit="°C", minimum=0, maximum=110)
    burner = BooleanAsset(kind=Asset.ACTUATOR)
    level = IntegerAsset(kind=Asset.CONFIG, name="2", minimum=0, maximum=100)
    mode = StringAsset(enum=["eco", "full"])


Boiler.feed.temperature(put(feeds, "temperature"))


def connect(token, http, mqtt):
    """A client, and what the broker grants it."""
    grants = queue.Queue()
    client = Client(token, http=http, mqtt=mqtt)
    client.mqtt.on_subscribe = lambda client, userdata, mid, granted: grants.put(granted[0])
    return client, grants


def granted(grants, count=2):
    """By default what one device asks for: feed and command."""
    return [grants.get(timeout=TIMEOUT) for _ in range(count)]


def heard_feed(member, value):
    """The next echo, which must be of this asset; those of another value are passed over."""
    while True:
        feed = feeds.get(timeout=TIMEOUT)
        if feed["member"] != member:
            raise RuntimeError(f"expected {member}, heard {feed}")
        if feed["value"] == value:
            return feed


def tell_command():
    heard = commands.get(timeout=TIMEOUT)
    heard["at"] = heard["at"].tzinfo is not None
    tell("command", **heard)


def publish_all(station):
    for member, value in VALUES.items():
        before = datetime.datetime.now(datetime.timezone.utc)
        setattr(station, member, value)
        after = datetime.datetime.now(datetime.timezone.utc)
        state, feed = getattr(station, member), heard_feed(member, value)
        tell(
            "published",
            member=member,
            value=state.value,
            is_now=before <= state.at <= after,
            is_echoed=feed["at"] == state.at,
        )


def publish_with_times(station):
    zone = datetime.timezone(datetime.timedelta(hours=2))
    for value, at in enumerate([
        datetime.datetime(2021, 8, 27, 9, 14, 15, 410910),
        datetime.datetime(2021, 8, 28, 11, 14, 15, 450000, tzinfo=zone),
        "2021-08-29T09:14:15Z",
        "2031-02-03T04:05:06.789+01:00",
    ]):
        station.timed = AssetState(value, at)
        state, feed = station.timed, heard_feed("timed", value)
        is_echoed = feed["at"] == state.at
        tell("timed", value=state.value, at=state.at.isoformat(), is_echoed=is_echoed)


def publish_by_mqtt(client, station):
    """As other SDKs write states; the Python one never does."""
    for value, payload in [
        (22.5, '{"value": 22.5}'),
        (23.5, '{"Value": "23.5"}'),
        (24.5, "0|24.5"),
    ]:
        client.mqtt.publish(f"device/{STATION}/asset/temperature/state", payload)
        heard_feed("temperature", value)
        tell("by mqtt", payload=payload, value=station.temperature.value)


def receive_commands():
    tell("ready")
    for _ in range(3):
        tell_command()


def share_a_client(http, mqtt):
    client, grants = connect(MASTER, http, mqtt)
    Switch(client=client, id="PY-2")
    later = Switch(id="PY-3", connect=False)
    later.connect(client=client)
    tell("shared", granted=granted(grants, 4))
    tell_command()
    tell_command()


def refuse_values(client, station):
    def tell_state(step):
        tell(step, value=station.temperature.value, names=sorted(a.name for a in client.get_assets(STATION)))

    for value in [1000, "warm", None]:
        # The SDK does not look at the reply.
        station.temperature = value
    client.publish_asset_state(STATION, "nothing", 1)
    tell_state("refused states")
    taken = BooleanAsset(name="temperature")
    attempt("an asset that is there", lambda: show(client.create_asset(STATION, taken)))
    tell_state("after that")
    attempt("never set", lambda: station.unset.value)
    attempt("no such asset", lambda: client.get_asset_state(STATION, "nothing").value)


def refuse_tokens(http, mqtt):
    station, grants = connect(STATION_TOKEN, http, mqtt)
    attempt("another's device", lambda: bool(Switch(client=station, id="PY-2")))
    attempt("another's assets", lambda: listing(station, "PY-2"))
    attempt("another's state", lambda: station.get_asset_state("PY-2", "on").value)
    stray = BooleanAsset(name="stray")
    attempt("a new asset of another", lambda: show(station.create_asset("PY-2", stray)))
    station.publish_asset_state("PY-2", "on", False)
    station.mqtt.subscribe("device/PY-2/asset/+/command")
    station.mqtt.subscribe("device/+/asset/+/command")
    tell("another's commands", granted=granted(grants))
    master, _ = connect(MASTER, http, mqtt)
    names = [asset.name for asset in master.get_assets("PY-2")]
    tell("the other", value=master.get_asset_state("PY-2", "on").value, names=names)
    wrong = Client("maker:4CanaryWrong", http=http, mqtt=mqtt)
    attempt("a wrong token", lambda: bool(Station(client=wrong, id=STATION)))
    tell("a wrong token at the broker", code=connack(mqtt, "maker:4CanaryWrong"))
    tell("a right token at the broker", code=connack(mqtt, STATION_TOKEN))


def connack(mqtt, token):
    """What the broker answers: the SDK has no place where it would say so."""
    codes = queue.Queue()
    client = paho.Client(paho.CallbackAPIVersion.VERSION1)
    client.on_connect = lambda client, userdata, flags, code: codes.put(code)
    client.username_pw_set(token, token)
    host, port = mqtt.split(":")
    client.connect(host, int(port))
    client.loop_start()
    code = codes.get(timeout=TIMEOUT)
    client.disconnect()
    client.loop_stop()
    return code


def everything(http, mqtt):
    client, grants = connect(STATION_TOKEN, http, mqtt)
    tell("fresh", assets=listing(client, STATION))
    station = Station(client=client, id=STATION)
    tell("connected", granted=granted(grants))
    ids = {member: asset.id for member, asset in station.assets.items()}
    for asset in listing(client, STATION):
        tell("asset", **asset)
    station = Station(client=client, id=STATION)
    granted(grants)
    tell("again", is_same={member: asset.id for member, asset in station.assets.items()} == ids)
    publish_all(station)
    publish_with_times(station)
    publish_by_mqtt(client, station)
    receive_commands()
    share_a_client(http, mqtt)
    refuse_values(client, station)
    refuse_tokens(http, mqtt)


def meet(http, mqtt):
    """Beside a Rust device."""
    client, grants = connect(MASTER, http, mqtt)
    station = Station(client=client, id=STATION)
    granted(grants)
    station.temperature = 21.5
    for asset in listing(client, "RUST-1"):
        tell("asset", **asset)
    greenhouse = Greenhouse(client=client, id="RUST-1")
    granted(grants)
    tell("ready", count=len(client.get_assets("RUST-1")))
    heard_feed("temperature", 31.5)
    tell("theirs", value=greenhouse.temperature.value)
    tell_command()


def create(http, mqtt):
    """A device that goes to Rust."""
    client, grants = connect(MASTER, http, mqtt)
    boiler = Boiler(client=client, id="BOILER-1")
    granted(grants)
    tell("ready", ids=sorted(asset.id for asset in boiler.assets.values()))
    heard_feed("temperature", 61.5)
    ids = sorted(asset.id for asset in client.get_assets("BOILER-1"))
    tell("theirs", value=boiler.temperature.value, ids=ids)


def unknown(http, mqtt):
    """On a platform that creates no devices."""
    client, _ = connect(MASTER, http, mqtt)
    attempt("unknown device", lambda: bool(Switch(client=client, id="NOBODY")))


def bench(http, mqtt, count):
    client, grants = connect(MASTER, http, mqtt)
    device = Counter(client=client, id="BENCH-PYTHON")
    granted(grants)
    device.counter = 0
    cpu, start = time.process_time(), time.perf_counter()
    for value in range(1, int(count) + 1):
        device.counter = value
    tell("bench", seconds=time.perf_counter() - start, cpu=time.process_time() - cpu)


def main(scenario, *arguments):
    try:
        {"everything": everything, "meet": meet, "create": create, "unknown": unknown, "bench": bench}[
            scenario
        ](*arguments)
    except Exception:
        tell("failed", error=traceback.format_exc())
        sys.exit(1)


main(*sys.argv[1:])
