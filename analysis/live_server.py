"""The server behind live pages: of a Jupyter server the kernels and sessions, and the site."""

from __future__ import annotations

import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager, NoSuchKernel
from jupyter_server.auth.decorator import authorized
from jupyter_server.auth.identity import IdentityProvider
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.serverapp import ServerApp
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from traitlets.config import Config

from analysis.executor import REPRODUCIBLE, environment
from analysis.live import NOTEBOOKS, THEBE, LiveSite, live_page, thebe_folder
from analysis.problems import InputError, Problem

HOST = "127.0.0.1"
KERNEL = "python3"
# A page that is closed leaves its kernel behind, and nobody can come back to it.
SECONDS_ALONE = 120
# Thebe would look for widgets on other hosts; the browser does not let it.
POLICY = {
    "default-src": "'self' data: blob:",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "frame-ancestors": "'none'",
    "form-action": "'self'",
    "base-uri": "'self'",
}


class OwnKernel(KernelSpecManager):
    """Knows one kernel: the Python of this environment, set up as chapters are executed."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel there is; it has no folder."""
        return {KERNEL: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how to start the kernel.

        Parameters
        ----------
        kernel_name
            Its name.

        Raises
        ------
        NoSuchKernel
            For another name.
        """
        if kernel_name != KERNEL:
            raise NoSuchKernel(kernel_name)
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        options = ["--ext=analysis.live_kernel", "--HistoryManager.enabled=False"]
        return KernelSpec(argv=[*command, *options], display_name="Python 3", language="python", env=REPRODUCIBLE)


class Owner(IdentityProvider):
    """Whoever knows the token, from a page of this server."""

    def should_check_origin(self, handler: web.RequestHandler) -> bool:
        """Check it even where the token is given: nothing but our own pages has a use for it."""
        del handler
        return True


class Guarded(JupyterHandler):
    """Something for whoever knows the token; others are told in one line that they do not."""

    auth_resource = "contents"

    def set_default_headers(self) -> None:
        """Have the browser ask again each time, and tell nobody the token in an address."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-cache")
        self.set_header("Referrer-Policy", "no-referrer")

    def get_login_url(self) -> str:
        """Refuse: there is no page to log in on."""
        raise web.HTTPError(403, reason="Open the address that compendium live has printed")

    def write_error(self, status_code: int, **_: Any) -> None:
        """Say in one plain line what is wrong."""
        self.set_header("Content-Type", "text/plain; charset=UTF-8")
        self.finish(f"{status_code}: {self._reason}\n")

    @property
    def content_security_policy(self) -> str:
        """What a page may load, and from where."""
        return "; ".join(f"{name} {value}" for name, value in POLICY.items())


class Files(Guarded, web.StaticFileHandler):
    """Files of a folder as they are."""

    @web.authenticated
    @authorized
    async def get(self, path: str, include_body: bool = True) -> None:
        """Send a file."""
        await web.StaticFileHandler.get(self, path, include_body)

    @web.authenticated
    @authorized
    async def head(self, path: str) -> None:
        """Say what `get` would send."""
        await web.StaticFileHandler.get(self, path, False)


class Page(Guarded):
    """Pages of the site, with the script that makes their cells run."""

    def initialize(self, site: LiveSite) -> None:
        """Take the site.

        Parameters
        ----------
        site
            The site.
        """
        super().initialize()
        self.site = site

    @web.authenticated
    @authorized
    async def get(self, path: str) -> None:
        """Send a page."""
        html = self.site.folder / "html"
        file = Path(html, path or "index.html").resolve()
        if not (file.is_relative_to(html) and file.is_file()):
            raise web.HTTPError(404)
        markup = file.read_text(encoding="utf-8")
        self.finish(live_page(self.site, file.relative_to(html).as_posix(), markup))


class LiveApp(ServerApp):
    """A Jupyter server that runs cells, and shows or changes no files."""

    default_services = ("api", "auth", "kernels", "kernelspecs", "sessions")

    def load_config_file(self, suppress_errors: bool = True) -> None:
        """Leave the settings of other Jupyter servers on this machine alone."""

    async def cleanup_kernels(self) -> None:
        """End the kernels at once: they hold nothing that is to be kept."""
        await self.kernel_manager.shutdown_all(now=True)


def settings(site: LiveSite) -> Config:
    """Return the settings of the server.

    Parameters
    ----------
    site
        The site.

    Returns
    -------
    Config
        Settings by class.
    """
    config = Config()
    config.ServerApp.update(
        root_dir=str(site.folder),
        ip=HOST,
        open_browser=False,
        allow_root=True,
        allow_remote_access=False,
        terminals_enabled=False,
        kernel_spec_manager_class=OwnKernel,
        identity_provider_class=Owner,
        log_level="ERROR",
    )
    config.IdentityProvider.update(token=site.token, cookie_options={"samesite": "Strict"})
    # Sockets in a folder of our own are out of reach for others on this machine; elsewhere than on
    # Linux the name of the folder may be too long for one.
    config.KernelManager.transport = "ipc" if sys.platform == "linux" else "tcp"
    config.MappingKernelManager.update(cull_idle_timeout=SECONDS_ALONE, cull_interval=20)
    return config


def routes(site: LiveSite) -> list[tuple[str, type[web.RequestHandler], dict[str, Any]]]:
    """Return what the server sends, aside from Jupyter's own addresses below `/api`.

    Parameters
    ----------
    site
        The site.

    Returns
    -------
    list of tuple
        Pattern, handler and its options.
    """
    return [
        (rf"{NOTEBOOKS}(.*)", Files, {"path": str(site.folder / "notebooks")}),
        (rf"{THEBE}(.*)", Files, {"path": str(thebe_folder())}),
        (r"/((?!api/).*\.html|)", Page, {"site": site}),
        (r"/((?!api(?:/|$)).+)", Files, {"path": str(site.folder / "html")}),
    ]


def listening(port: int) -> list[socket.socket]:
    """Return sockets that only this machine can reach.

    Parameters
    ----------
    port
        0 for any that is free.

    Returns
    -------
    list of socket
        Bound to one port.

    Raises
    ------
    InputError
        When something else listens there.
    """
    try:
        return bind_sockets(port, HOST)
    except OSError as error:
        what = f"port {port} cannot be used: {error.strerror}"
        raise InputError(Problem("", None, None, what, "give another --port, or 0 for any")) from None


def run(site: LiveSite, say: Callable[[str], object]) -> None:
    """Serve a live site until interrupted, then end its kernels.

    Parameters
    ----------
    site
        The site.
    say
        Told the address, with the token, once the server listens.

    Raises
    ------
    InputError
        When something else listens on the port.
    """
    sockets = listening(site.port)
    with tempfile.TemporaryDirectory(prefix="live-") as own:
        places = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR")
        with environment(dict.fromkeys(places, own)):
            app = LiveApp(config=settings(site))
            app.initialize(argv=[], find_extensions=False, new_httpserver=False)
            app.web_app.add_handlers(".*$", routes(site))
            server = HTTPServer(app.web_app)
            server.add_sockets(sockets)
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: app.stop(from_signal=True))
            say(f"http://{HOST}:{sockets[0].getsockname()[1]}/?token={site.token}")
            app.start_ioloop()
            server.stop()
