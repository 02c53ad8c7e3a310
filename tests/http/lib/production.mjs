/* conf/production.conf on a test's stack: its text, with what is this stack's
   in place of a host's. For secondNginx. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { TOP } from "./stack.mjs";


export function production(stack) {
    const own = (name) => new RegExp(`^ *${name} .*;$`, "m")
        .exec(stack.text("nginx.conf"))[0];
    const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map((name) => own(`${name}_temp_path`)).join("\n");

    return ["load_module", "sluice_database", "sluice_redis", "sluice_keys",
        "sluice_public_url"].reduce((text, name) =>
        text.replace(new RegExp(`^ *${name} [^;]*;$`, "m"), () => own(name)),
    readFileSync(join(TOP, "conf/production.conf"), "utf8"))
        .replace(/^user .*$/m, "")
        .replace(/worker_rlimit_nofile .*;/, "")
        .replace("worker_processes auto", "worker_processes 2")
        .replace("/run/nginx.pid", stack.path("run/nginx.pid"))
        .replaceAll("/var/log/nginx", stack.path("logs"))
        .replace("/run/sluice.drain", stack.path("run/drain"))
        .replaceAll("/usr/share/sluice/nginx", stack.path("conf"))
        .replace("/usr/share/sluice/web", stack.path("web"))
        .replaceAll("/var/lib/sluice/spool", stack.path("spool"))
        .replaceAll("root /var/lib/sluice", `root ${stack.state}`)
        .replaceAll("keep_free=5g", "keep_free=1m")
        .replace("listen 80 default_server",
                 `listen 127.0.0.1:${stack.port}`)
        .replace(/listen \[::\]:80 .*/, "")
        .replace("http {", () => `http {\n${temporary}`);
}
