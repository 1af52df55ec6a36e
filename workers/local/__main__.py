"""`python -m workers.local up | down | status | env`: the local stack from the command line."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

from app.errors import BadConfiguration
from workers.local.binaries import ServerError
from workers.local.components import ROOT
from workers.local.stack import Line, Stack


def main() -> int:
    """Exit codes: 0 well; 1 something failed or is down; 2 wrong use; 3 (status) nothing runs."""
    options = _options()
    state = Path(os.environ.get("LECTERN_STATE") or ROOT / ".lectern")
    stack = Stack(state, os.environ)
    try:
        if options.command == "up":
            return _up(stack, options)
        if options.command == "down":
            stack.down(say)
            return 0
        if options.command == "env":
            return _env(stack, options.name)
        return _status(stack, quiet=options.quiet)
    except BadConfiguration as error:
        sys.stderr.write(f"{error.message}\n")
        return 2
    except ServerError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def say(text: str) -> None:
    """Print at once. A reader that has gone (`| head`) is no reason to stop what is being started."""
    try:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(f"{text} is not a port (1–65535)")
    return int(text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="deploy_scalable.sh local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    up = commands.add_parser("up", prog="deploy_scalable.sh local")
    up.add_argument("--port", type=_port, metavar="N", help="port of the API (default 5000, or a free one)")
    up.add_argument("--foreground", action="store_true", help="stay, and stop everything on Ctrl-C")
    commands.add_parser("down")
    status = commands.add_parser("status")
    status.add_argument("--quiet", action="store_true")
    env = commands.add_parser("env")
    env.add_argument("name", nargs="?")
    options, unknown = parser.parse_known_args()
    if unknown:  # said by the command itself, whose usage is the one that was typed
        commands.choices[options.command].error(f"unexpected argument: {unknown[0]}")
    return options


def _up(stack: Stack, options: argparse.Namespace) -> int:
    stack.up(say, port=options.port)
    env, flower = stack.env(), ""
    if any(line.name == "flower" for line in stack.status()):
        login = f"user and password: FLOWER_BASIC_AUTH in {stack.state}/env"
        flower = f"\n  Flower   {env['LECTERN_FLOWER_URL']}   ({login})"
    say(f"""
  API      {env["LECTERN_URL"]}{flower}
  Key      {_key(stack)}
  Logs     {stack.state}/logs/
  Data     {stack.state}   (passwords and settings: env, for `source`)
  Stop     ./deploy_scalable.sh stop""")
    if not options.foreground:
        return 0
    # Ctrl-C and a supervisor's SIGTERM end it alike.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while not any(line.trouble == "down" for line in stack.status()):
            time.sleep(2.0)
        _status(stack, quiet=False)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        stack.down(say)


def _key(stack: Stack) -> str:
    if os.environ.get("API_AUTH") == "local":
        return "none is needed on this machine (API_AUTH=local)"
    return f"{stack.state}/api_key   (`lectern` finds it by itself; the page asks for it once)"


def _env(stack: Stack, name: str | None) -> int:
    env = stack.env()
    if name is None:
        say("\n".join(f"{key}={value}" for key, value in env.items()))
    elif name in env:
        say(env[name])
    return 0 if name is None or name in env else 1


def _status(stack: Stack, *, quiet: bool) -> int:
    lines = stack.status()
    if not any(line.pid for line in lines):
        if not quiet:
            say("Lectern is not running.")
        return 3
    if not quiet:
        say(f"{'component':<20} {'pid':>8} {'up for':>10}  health")
        for line in lines:
            say(_row(line))
    return 1 if any(line.trouble for line in lines) else 0


def _row(line: Line) -> str:
    uptime = "-" if line.uptime_s is None else _duration(line.uptime_s)
    return f"{line.name:<20} {line.pid or '-':>8} {uptime:>10}  {line.trouble or 'well'}"


def _duration(seconds: float) -> str:
    minutes, s = divmod(int(seconds), 60)
    hours, m = divmod(minutes, 60)
    return f"{hours}h {m:02d}m" if hours else f"{m}m {s:02d}s"


if __name__ == "__main__":
    sys.exit(main())
