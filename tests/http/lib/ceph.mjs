/* A bucket: Ceph's S3 gateway with a monitor, a manager and a disk in memory,
   all of one folder and of loopback. */

import { randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync,
         writeFileSync } from "node:fs";
import { join } from "node:path";

import { request, until } from "./client.mjs";
import { freePort } from "./ports.mjs";
import { run, runWith } from "./run.mjs";

const ID = "AKIDSLUICE", SECRET = "secretsluice";
const STORE = 2 ** 30;          /* bytes of the disk, unless said */

const running = new Set();

const conf = (folder, mon, port, bytes) => `
[global]
fsid = ${randomUUID()}
mon_host = [v2:127.0.0.1:${mon}/0]
public_network = 127.0.0.0/8
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
keyring = ${folder}/keyring
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
osd_crush_chooseleaf_type = 0
admin_socket = ${folder}/run/$name.asok
pid_file = ${folder}/run/$name.pid
log_file = ${folder}/log/$name.log
run_dir = ${folder}/run
mon_data = ${folder}/mon
mgr_data = ${folder}/mgr
osd_data = ${folder}/osd
rgw_data = ${folder}/rgw
osd_objectstore = memstore
memstore_device_bytes = ${bytes}
osd_max_object_name_len = 256
osd_max_object_namespace_len = 64
ms_bind_ipv6 = false
mgr_initial_modules =
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:${port}
rgw_enable_usage_log = false
rgw_crypt_require_ssl = false
`;


/* A file for credentials=, of the user whom nginx and the worker run as. */
export async function writeKeys(path, ...lines) {
    writeFileSync(path, `${lines.join("\n")}\n`, { mode: 0o600 });
    if (process.getuid() === 0) {
        await run("chown", ["www-data", path]);
    }
}


/* Answers a Bucket of that name, with nothing in it. */
export async function startBucket(name = "films", bytes = STORE) {
    const folder = mkdtempSync("/tmp/ceph-");

    chmodSync(folder, 0o755);
    const bucket = new Bucket(folder, await freePort(), name);

    running.add(bucket);

    try {
        await bucket.start(await freePort(), bytes);
        return bucket;
    } catch (error) {
        bucket.stop();
        throw error;
    }
}


class Bucket {
    constructor(folder, port, name) {
        this.folder = folder;
        this.port = port;
        this.name = name;
        this.keys = join(folder, "keys");   /* as sluice_store reads it */
        this.id = ID;
        this.secret = SECRET;
        this.endpoint = `http://127.0.0.1:${port}`;
    }

    async start(mon, bytes) {
        const file = (name) => join(this.folder, name);
        const ceph = (program, ...words) =>
            run(program, ["-c", file("ceph.conf"), ...words]);
        const all = ["mon", "osd", "mgr"].flatMap((what) =>
            ["--cap", what, "allow *"]);

        for (const name of ["mon", "mgr", "osd", "run", "log", "rgw"]) {
            mkdirSync(file(name));
        }
        writeFileSync(file("ceph.conf"), conf(this.folder, mon, this.port,
            bytes));
        await writeKeys(this.keys, ID, SECRET);

        const fsid = /fsid = (\S+)/.exec(readFileSync(file("ceph.conf"),
            "utf8"))[1];

        await run("monmaptool", ["--create", "--addv", "a",
            `[v2:127.0.0.1:${mon}]`, "--fsid", fsid, file("monmap")]);
        await run("ceph-authtool", ["--create-keyring", file("keyring"),
            "--gen-key", "-n", "mon.", "--cap", "mon", "allow *"]);
        for (const who of ["client.admin", "osd.0", "mgr.x", "client.rgw"]) {
            await run("ceph-authtool", [file("keyring"), "--gen-key", "-n",
                                        who, ...all]);
        }
        await ceph("ceph-mon", "--mkfs", "-i", "a", "--monmap", file("monmap"),
            "--keyring", file("keyring"));
        await ceph("ceph-mon", "-i", "a");
        const disk = randomUUID();

        await ceph("ceph", "osd", "new", disk);
        await ceph("ceph-mgr", "-i", "x");
        await ceph("ceph-osd", "-i", "0", "--mkfs", "--osd-uuid", disk);
        await ceph("ceph-osd", "-i", "0");
        await ceph("radosgw", "-n", "client.rgw");
        await until("the gateway answers", () => request(this.endpoint)
            .then(({ status }) => status === 200, () => false),
        { seconds: 120, every: 200 });
        await ceph("radosgw-admin", "user", "create", "--uid", "sluice",
            "--display-name", "sluice", "--access-key", ID, "--secret-key",
            SECRET);
        await this.python(`s3.create_bucket(Bucket=${JSON.stringify(
            this.name)})`);
    }

    /* Words of sluice_store. */
    get words() {
        return `s3://${this.name} endpoint=${this.endpoint} region=us-east-1 `
            + `style=path credentials=${this.keys}`;
    }

    /* What boto3 says to some lines, with `s3` for a client and `bucket` for
       the name: what they print. */
    async python(lines) {
        const { stdout } = await runWith(`
import boto3
from botocore.config import Config
s3 = boto3.client("s3", endpoint_url=${JSON.stringify(this.endpoint)},
    aws_access_key_id="${this.id}", aws_secret_access_key="${this.secret}",
    region_name="us-east-1", config=Config(signature_version="s3v4",
    s3={"addressing_style": "path"}))
bucket = ${JSON.stringify(this.name)}
${lines}
`, "python3", ["-"], { maxBuffer: 1 << 26 });

        return stdout;
    }

    /* Gives the user another key. */
    async addKey(id, secret) {
        await this.admin("key", "create", "--uid", "sluice", "--key-type", "s3",
            "--access-key", id, "--secret-key", secret);
        Object.assign(this, { id, secret });
    }

    /* Takes one from him. */
    removeKey(id) {
        return this.admin("key", "rm", "--uid", "sluice", "--key-type", "s3",
            "--access-key", id);
    }

    admin(...words) {
        return run("radosgw-admin", ["-c", join(this.folder, "ceph.conf"),
                                     ...words]);
    }

    put(key, path, type) {
        return this.python(`s3.upload_file(${JSON.stringify(path)}, bucket, `
            + `${JSON.stringify(key)}, ExtraArgs={"ContentType": `
            + `${JSON.stringify(type)}})`);
    }

    /* What was removed gives its space back; by itself it takes hours. */
    collect() {
        return run("radosgw-admin", ["-c", join(this.folder, "ceph.conf"), "gc",
            "process", "--include-all"]);
    }

    stop() {
        running.delete(this);
        for (const pid of pidsOf(this.folder)) {
            process.kill(pid, "SIGKILL");
        }
        rmSync(this.folder, { recursive: true, force: true });
    }
}


/* Of the daemons that have this folder's configuration: proc(5). */
function pidsOf(folder) {
    return readdirSync("/proc").filter((name) => /^\d+$/.test(name))
        .filter((pid) => {
            try {
                return readFileSync(`/proc/${pid}/cmdline`, "utf8")
                    .split("\0").includes(join(folder, "ceph.conf"));
            } catch {
                return false;       /* it has ended */
            }
        }).map(Number);
}


/* A file that ends early leaves nothing behind. */
process.on("exit", () => running.forEach((bucket) => bucket.stop()));
