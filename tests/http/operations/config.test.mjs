/* nginx -t: a wrong directive is told with file, line and what to write. */

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync,
    writeFileSync } from "node:fs";
import { join } from "node:path";

import { request, until } from "../lib/client.mjs";
import { freePort } from "../lib/ports.mjs";
import { TOP, alive } from "../lib/stack.mjs";
import { after, before, describe, it } from "../lib/test.mjs";

const timeout = 120_000;
const BUILD = join(TOP, "build");
const NGINX = process.env.SLUICE_NGINX ?? "/usr/sbin/nginx";
const MODULE = process.env.SLUICE_MODULE
    ?? join(BUILD, "nginx/ngx_http_sluice_module.so");
const ROOT = process.getuid() === 0 ? "user root;" : "";

let folder, keys;


before(() => {
    folder = mkdtempSync("/tmp/sl-conf-");
    keys = join(folder, "keys.json");
    mkdirSync(join(folder, "logs"));
    execFileSync(join(BUILD, "sluicectl"), ["keys", "init", keys]);
});

after(() => rmSync(folder, { recursive: true, force: true }));


/* Writes nginx.conf with this http block; answers its path. */
function write(http) {
    const path = join(folder, "nginx.conf");

    writeFileSync(path, `${ROOT}
load_module ${MODULE};
pid ${folder}/nginx.pid;
error_log ${folder}/logs/error.log;
events { }
http {
    access_log off;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
${http}
}
`);
    return path;
}

function nginx(...words) {
    const { status, stderr } = spawnSync(NGINX, [
        "-p", `${folder}/`, "-c", join(folder, "nginx.conf"),
        "-e", join(folder, "logs/error.log"), ...words,
    ], {
        encoding: "utf8",
        env: { ...process.env, ASAN_OPTIONS:
            `${process.env.ASAN_OPTIONS ?? ""}:detect_leaks=0` },
    });

    return { status, stderr };
}

/* nginx -t must refuse the line with the mark "#!", in these words. */
function refuses(http, ...words) {
    const path = write(http);
    const { status, stderr } = nginx("-t");
    const line = readFileSync(path, "utf8").split("\n")
        .findIndex((text) => text.includes("#!")) + 1;

    assert.notEqual(status, 0, stderr);
    assert.ok(stderr.includes(`${path}:${line}`),
        `line ${line} is not in: ${stderr}`);
    for (const word of words) {
        assert.ok(stderr.includes(word), `"${word}" is not in: ${stderr}`);
    }
}

const server = (lines) => `server { listen unix:${folder}/socket;\n${lines}\n}`;
const database = "sluice_database dbname=sluice;\n";
const signed = () => `sluice_keys ${keys};\n`;
const named = "sluice_public_url https://media.example.org;\n";
const opened = ["", "/refresh"].map((more) => `location = /api/sessions${more} {
    sluice_gate off; sluice_api; }`).join("\n");


const publicKey = () => {
    const path = join(folder, "public.pem");
    const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

    writeFileSync(path, publicKey.export({ type: "spki", format: "pem" }));
    return path;
};


describe("nginx -t is content", { timeout }, () => {
    const good = {
        "with a gate, keys and a public URL": () => signed() + named
            + server("location / { sluice_gate user grant; }"),
        "with a gate for links and keys of the server": () =>
            server(`${signed()} location / { sluice_gate grant; }`),
        "with an API on a database": () => database + signed() + named
            + server(`location /api/ { sluice_gate user; sluice_api; }
                ${opened}`),
        "with an API whose users sign in elsewhere": () => database + signed()
            + named + `sluice_issuer https://id.example.org
                jwks=${folder}/issuer.json audience=a;`
            + server("location /api/ { sluice_gate user; sluice_api; }"),
        "with a sign-in within the API": () => database + signed() + named
            + server(`location /api/ { sluice_gate user; sluice_api;
                ${opened} }`),
        "with an API at one place": () => database + signed() + named
            + server("location /api/ { sluice_gate user; sluice_api; }"),
        "with pages of any origin where links alone open": () => database
            + signed() + named + "sluice_cors *;" + server(`
                location /media/ { sluice_gate grant; sluice_media on; }
                location /open/ { sluice_media on; }
                location /drop/ { sluice_gate grant; sluice_upload /tmp; }
                location /app/ { sluice_gate user; }
                location /api/ { sluice_cors https://app.example.org;
                    sluice_gate user; sluice_api; ${opened} }`),
        "with uploads alone": () => database + signed() + named + server(
            `location = /api/media { sluice_gate user; sluice_api;
                sluice_upload ${folder}; }`),
        "with every parameter of a database": () =>
            'sluice_database "host=/run dbname=sluice" pool=2 waiting=9 '
            + "timeout=3s;",
        "with a replica of the database": () => "sluice_database_replica "
            + '"host=a,b dbname=sluice target_session_attrs=standby" pool=2 '
            + "waiting=9 timeout=3s; sluice_database dbname=sluice;",
        "with a database at an address of IPv6": () =>
            'sluice_database "host=::1 port=5432 dbname=sluice";',
        "with a database at a name that nobody knows": () =>
            'sluice_database "host=nowhere.invalid dbname=sluice";',
        "with several hosts of a database": () => 'sluice_database "host=db1'
            + ",10.0.0.2,/run/pg port=5432,5433,5434 dbname=sluice "
            + 'target_session_attrs=read-write connect_timeout=3";',
        "with Redis on a socket": () => "sluice_redis unix:/run/redis.sock;",
        "with Redis on a port": () =>
            "sluice_redis 127.0.0.1:6379 db=3 timeout=500ms;",
        "with Redis at a name that nobody knows": () =>
            "sluice_redis redis.invalid:6379;",
        "with Redis behind Sentinels": () =>
            "sluice_redis sentinel://a.invalid:26379,[::1]/media db=3 "
            + "min_replicas=2 sentinel_user=sluice;",
        "with an upload of a largest size": () => database + signed() + named
            + server(`location = /api/media { sluice_gate user;
                sluice_upload ${folder} max_size=2g; sluice_api; }`),
        "with an API and a bound of nginx's own": () => database + signed()
            + named + server(`location = /api/media { sluice_gate user;
                sluice_api; sluice_upload ${folder}; client_max_body_size 1g;
                client_body_buffer_size 64k; }`),
        "with media at http level and nothing else": () => "sluice_media on;",
        "with a zone and nothing else": () => "sluice_zone sluice:512k;",
        "with metrics of a zone": () => "sluice_zone sluice:1m;"
            + server("location / { sluice_metrics; }"),
        "with metrics of the zone that a gate has": () => signed()
            + server(`location / { sluice_metrics; }
                location /a/ { sluice_gate grant; }`),
        "with a gate of its own for the metrics": () => signed() + named
            + server("location / { sluice_gate user; sluice_metrics; }"),
        "with CloudFront keys and the origins of old": () => named
            + `sluice_cloudfront_key K1 ${publicKey()};
               sluice_cloudfront_origin https://d1.cloudfront.net http://d1;
               ${server(`sluice_cloudfront_key K1 ${publicKey()};`)}`,
        "with life times": () =>
            "sluice_link_ttl 2h; sluice_access_ttl 5m; sluice_refresh_ttl 7d; "
            + "sluice_idle_ttl 1d;",
        "with passkeys of a domain above, and of apps": () =>
            "sluice_public_url https://media.example.org; sluice_passkeys "
            + "rp=Example.ORG origin=https://app.example.org "
            + `origin=android:apk-key-hash:x; ${server("sluice_passkeys off;")}`,
        "with a second factor for some": () => named + signed()
            + `sluice_second_factor required role=admin;
               ${server("sluice_second_factor off; location / { "
                + "sluice_gate user; sluice_role admin fresh=15m; }")}`,
    };

    for (const [what, http] of Object.entries(good)) {
        it(what, () => {
            write(http());
            const { status, stderr } = nginx("-t");
            assert.equal(status, 0, stderr);
        });
    }
});


describe("an API is refused", { timeout }, () => {
    it("without keys to sign with", () => {
        refuses(database + named + server("location / { sluice_api; #!\n}"),
            "sluice_keys");
    });

    it("without a public URL", () => {
        refuses(database + signed() + server("location / { sluice_api; #!\n}"),
            "sluice_public_url");
    });

    it("without a database", () => {
        refuses(signed() + named + server("location / { sluice_api; #!\n}"),
            "sluice_database");
    });
});


describe("an API is told", { timeout }, () => {
    it("that nobody can end his sessions", () => {
        const path = write(`${database}${signed()}${named}`
            + server(`location /api/ { sluice_gate user; sluice_api; }
                location = /api/sessions { sluice_gate off; sluice_api; #!\n}`));
        const { status, stderr } = nginx("-t");
        const line = readFileSync(path, "utf8").split("\n")
            .findIndex((text) => text.includes("#!")) + 1;

        assert.equal(status, 0, stderr);
        assert.match(stderr, /\[warn\].*end sessions.*sluice_gate user/);
        assert.ok(stderr.includes(`${path}:${line}`), stderr);
    });
});


describe("an API is refused where", { timeout }, () => {
    const api = (lines) => database + signed() + named + server(lines);

    it("no token is looked at", () => {
        refuses(api("location /api/ { sluice_api; #!\n}"),
            "sluice_gate user");
    });

    for (const alg of ["HS256", "ES256"]) {
        it(`no key signs with ${alg}`, () => {
            const path = join(folder, `without-${alg}.json`);
            const set = JSON.parse(readFileSync(keys, "utf8"));

            set.keys = set.keys.filter((key) => key.alg !== alg);
            writeFileSync(path, JSON.stringify(set), { mode: 0o600 });
            refuses(`${database} sluice_keys ${path}; ${named}`
                + server(`location /api/ { sluice_gate user;
                    sluice_api; #!\n}\n${opened}`), alg, "keys rotate");
        });
    }
});


describe("what lives for no time is refused", { timeout }, () => {
    for (const name of ["link", "access", "refresh", "idle"]) {
        it(`as sluice_${name}_ttl`, () => {
            refuses(`sluice_${name}_ttl 0; #!`, `sluice_${name}_ttl`,
                "a second at least");
        });
    }
});


it("a thread pool that is not there is named with its directive", { timeout },
    () => {
        refuses(`${database}sluice_thread_pool nowhere; #!\n\n`, '"nowhere"',
            '"sluice_thread_pool"');
    });


describe("a zone is refused", { timeout }, () => {
    const zones = ["sluice", "sluice:", ":4m", "sluice:much", "sluice:4x",
                   "sluice:-4m", "sluice:4m:4m", "sluice:99999999999999g"];

    for (const zone of zones) {
        it(`as ${zone}`, () => {
            refuses(`sluice_zone ${zone}; #!`, `"${zone}"`, "<name>:<size>",
                "sluice:4m");
        });
    }

    it("when it is too small", () => {
        refuses("sluice_zone small:511k; #!", "too small", "512k");
    });

    it("when there is another one", () => {
        refuses("sluice_zone one:1m;\nsluice_zone two:1m; #!",
            '"sluice_zone"', "is duplicate");
    });

    it("when its name is taken by another module", () => {
        refuses("limit_req_zone $uri zone=taken:1m rate=1r/s;\n"
            + "sluice_zone taken:1m; #!", '"taken"');
    });
});


describe("metrics are refused", { timeout }, () => {
    it("without a zone or a gate", () => {
        refuses(server("location / { sluice_metrics; #!\n}"),
            "sluice_zone", "sluice_gate");
    });
});


describe("pages of other origins are refused", { timeout }, () => {
    const api = (lines) => database + signed() + named + server(lines);

    for (const origin of [
        "https://app.example.org/", "https://app.example.org/x",
        "app.example.org", "null", "ftp://app.example.org", "https://",
        "https://*.example.org", "https://me@app.example.org",
        "https://app.example.org:0", "https://app.example.org?x",
        "https://é.example.org",
    ]) {
        it(`as ${origin}`, () => {
            refuses(`sluice_cors https://a.example.org ${origin}; #!`,
                `"${origin}"`, "sluice_cors", "https://app.example.org");
        });
    }

    for (const words of ["* https://a.example.org", "https://a.example.org *",
                         "off https://a.example.org", "https://a.example off",
                         "* off", "* *"]) {
        it(`as ${words}`, () => {
            refuses(`sluice_cors ${words}; #!`, "off, or * alone");
        });
    }

    it("twice", () => {
        refuses("sluice_cors https://a.example.org HTTPS://A.example.org:443;"
            + " #!", '"HTTPS://A.example.org:443"', "twice");
        refuses("sluice_cors off;\nsluice_cors *; #!", "duplicate");
    });

    for (const [what, lines] of [
        ["users", "location /x/ { sluice_gate user; sluice_media on; }"],
        ["users and links",
         "location /x/ { sluice_gate user grant; sluice_media on; }"],
        ["the API", "location /x/ { sluice_api; }"],
    ]) {
        it(`when all of them may ask ${what}`, () => {
            const cors = "sluice_cors *; #!\n";

            refuses(api(cors + lines), '"/x/"', "cookies", "sluice_cors off");
            refuses(api(lines.replace("{", `{ ${cors}`)), '"/x/"', "cookies");
        });
    }
});


describe("a role is refused", { timeout }, () => {
    it("where users do not pass at all", () => {
        refuses(signed() + server("location /x/ { sluice_gate grant;\n"
            + "sluice_role admin; #!\n}"), "sluice_role", "sluice_gate user");
    });

    it("where nobody is asked", () => {
        refuses(server("location /x/ { sluice_role admin; #!\n}"),
            "sluice_role", "sluice_gate user");
    });
});


describe("a gate is refused", { timeout }, () => {
    it("without keys", () => {
        refuses(server("location / { sluice_gate grant; #!\n}"),
            "sluice_keys");
    });

    it("for users without a public URL", () => {
        refuses(signed() + server("location / { sluice_gate user; #!\n}"),
            "sluice_public_url");
    });

    it("with a word it does not know", () => {
        refuses(signed() + server("location / { sluice_gate maybe; #!\n}"),
            '"maybe"', "off", "user", "grant");
    });

    it("that is off and something else", () => {
        refuses(signed() + server("location / { sluice_gate off user; #!\n}"));
    });

    it("twice in one place", () => {
        refuses(signed() + named + server(
            "location / { sluice_gate user; sluice_gate off; #!\n}"),
        "duplicate");
    });

    it("with a role that nobody has", () => {
        refuses(signed() + named + server(
            "location / { sluice_gate user; sluice_role root; #!\n}"),
        '"root"');
    });

    for (const fresh of ["fresh=", "fresh=soon", "fresh=0", "fresh=-1m",
                         "fresh", "old=15m", "15m"]) {
        it(`with a role and "${fresh}"`, () => {
            refuses(signed() + named + server("location / { sluice_gate user; "
                + `sluice_role admin ${fresh}; #!\n}`), `"${fresh}"`,
            "fresh=15m");
        });
    }
});


describe("a second factor is refused", { timeout }, () => {
    for (const value of ["on", "yes", "admin", "REQUIRED"]) {
        it(`for "${value}"`, () => {
            refuses(`sluice_second_factor ${value}; #!`, `"${value}"`,
                "off, optional or required");
        });
    }

    for (const value of ["required role=root", "required role=",
                         "required admin", "required role=enrolling",
                         "optional role=admin", "off role=admin"]) {
        it(`for "${value}"`, () => {
            refuses(`sluice_second_factor ${value}; #!`,
                `"${value.split(" ")[1]}"`, "required role=admin");
        });
    }

    it("twice in one place", () => {
        refuses("sluice_second_factor off;\nsluice_second_factor off; #!",
            "duplicate");
    });

    it("in a location", () => {
        refuses(server("location / { sluice_second_factor off; #!\n}"),
            "not allowed here");
    });
});


describe("passkeys are refused", { timeout }, () => {
    for (const value of ["on", "off rp=a.example", "rp=", "origin=",
                         "rp=a.example rp=b.example", "host=a.example"]) {
        it(`for "${value}"`, () => {
            refuses(`sluice_passkeys ${value}; #!`, "sluice_passkeys",
                "write ");
        });
    }

    for (const value of ["a.example", "https://a.example/x",
                         "android:apk-key-hash:", "ftp://a.example"]) {
        it(`from the origin "${value}"`, () => {
            refuses(`sluice_passkeys origin=${value}; #!`, `"${value}"`,
                "write scheme and host");
        });
    }

    for (const rp of ["b.example", "edia.example.org", "x.media.example.org",
                      "media.example.org.x"]) {
        it(`for the domain ${rp}`, () => {
            refuses("sluice_public_url https://media.example.org;\n"
                + `sluice_passkeys rp=${rp}; #!\n${server("")}`,
            `"sluice_passkeys rp=${rp}"`, "or a domain that it is in");
        });
    }

    it("from seventeen origins", () => {
        refuses(`sluice_passkeys ${Array.from({ length: 17 },
            (_, n) => `origin=https://${n}.example`).join(" ")}; #!`,
        "https://16.example", "16 at most");
    });

    it("twice in one place", () => {
        refuses("sluice_passkeys off;\nsluice_passkeys off; #!", "duplicate");
    });
});


describe("keys are refused", { timeout }, () => {
    const file = (name, text, mode = 0o600) => {
        const path = join(folder, name);

        rmSync(path, { force: true });
        writeFileSync(path, text);
        chmodSync(path, mode);
        return path;
    };

    it("that are not there, with the command that makes them", () => {
        refuses(`sluice_keys ${folder}/nowhere.json; #!`, "nowhere.json",
            "sluicectl keys init");
    });

    for (const mode of [0o644, 0o640, 0o604]) {
        it(`that others may read (mode 0${mode.toString(8)})`, () => {
            const open = join(folder, "open.json");

            rmSync(open, { force: true });
            copyFileSync(keys, open);
            chmodSync(open, mode);
            refuses(`sluice_keys ${open}; #!`, "open.json");
        });
    }

    const texts = {
        "that are not JSON": "secret",
        "that are no set": "{}",
        "with a short secret": JSON.stringify({ keys: [
            { kty: "oct", alg: "HS256", kid: "a", k: "c2hvcnQ" }] }),
        "of a kind that nobody knows": JSON.stringify({ keys: [
            { kty: "XYZ", kid: "a" }] }),
        "two of which have one name": JSON.stringify({ keys: ["a", "a"].map(
            (kid) => ({ kty: "oct", alg: "HS256", kid, use: "sig",
                        k: Buffer.alloc(32).toString("base64url") })) }),
    };

    for (const [what, text] of Object.entries(texts)) {
        it(what, () => {
            refuses(`sluice_keys ${file("bad.json", text)}; #!`, "bad.json");
        });
    }
});


describe("a CloudFront key is refused", { timeout }, () => {
    const pem = (text) => {
        const path = join(folder, "cloudfront.pem");

        writeFileSync(path, text);
        return path;
    };
    const key = (kind, options) => generateKeyPairSync(kind, options)
        .publicKey.export({ type: "spki", format: "pem" });
    const good = () => pem(key("rsa", { modulusLength: 2048 }));

    it("when its file is not there", () => {
        refuses(`sluice_cloudfront_key K1 ${folder}/nowhere.pem; #!`,
            "nowhere.pem");
    });

    const texts = {
        "when its file has none": ["K1", () => "secret", "BEGIN PUBLIC KEY"],
        "when it is short": ["K1", () => key("rsa", { modulusLength: 1024 }),
                             "2048"],
        "when its file has more than a key": ["K1",
            () => key("rsa", { modulusLength: 2048 }) + " ".repeat(16384),
            "16384 bytes"],
        "when it is on another curve":
            ["K1", () => key("ec", { namedCurve: "P-384" }), "P-256"],
        "under an id with a slash":
            ["K/1", () => key("ec", { namedCurve: "P-256" }), "Key-Pair-Id"],
    };

    for (const [what, [id, text, word]] of Object.entries(texts)) {
        it(what, () => {
            refuses(`sluice_cloudfront_key ${id} ${pem(text())}; #!`,
                "cloudfront.pem", word);
        });
    }

    it("under an id that is there already", () => {
        const file = good();

        refuses(`sluice_cloudfront_key K1 ${file};
            sluice_cloudfront_key K1 ${file}; #!`, "K1");
    });

    it("without a public URL", () => {
        refuses(`sluice_cloudfront_key K1 ${good()}; #!
            ${server("location / { }")}`, "sluice_public_url");
    });

    it("with an origin that has a path", () => {
        refuses("sluice_cloudfront_origin https://d1.cloudfront.net/x; #!",
            "without a path");
    });
});


describe("a parameter is refused", { timeout }, () => {
    const wrong = {
        "a pool of none": ["sluice_database dbname=a pool=0;", "pool="],
        "a queue of words": ["sluice_database dbname=a waiting=some;",
                             "waiting="],
        "a time that is none": ["sluice_database dbname=a timeout=soon;",
                                "timeout="],
        "an unknown word for the database":
            ["sluice_database dbname=a pools=4;", '"pools=4"', "pool="],
        "a conninfo with an unknown word":
            ["sluice_database hots=localhost;", "hots"],
        "more ports than hosts": ['sluice_database "host=a,b port=1,2,3";',
                                  "3 in port and 2 hosts"],
        "nine hosts": ["sluice_database host=a,b,c,d,e,f,g,h,i;", "8 at most"],
        "hosts that another file has": ["sluice_database service=sluice;",
                                        "service=", "host="],
        "an address that is a name": ["sluice_database hostaddr=db1;",
                                      "hostaddr 1", "as host"],
        "a database that is a standby":
            ['sluice_database "host=a,b target_session_attrs=standby";',
             "target_session_attrs=standby", "read-write"],
        "a replica that is the primary": ['sluice_database_replica "host=a '
            + 'target_session_attrs=read-write";',
        '"target_session_attrs=read-write" in "sluice_database_replica"',
        "write standby"],
        "an unknown word for a replica": ["sluice_database_replica dbname=a "
            + "lag=1s;", '"lag=1s" of "sluice_database_replica"', "timeout="],
        "a replica without its primary":
            ["sluice_database_replica dbname=sluice;",
             "sluice_database <conninfo>"],
        "a Redis of a wrong port": ["sluice_redis 127.0.0.1:port;",
                                    "unix:"],
        "an unknown word for Redis": ["sluice_redis 127.0.0.1 dbs=1;",
                                      '"dbs=1"', "db="],
        "a number of a database that is none":
            ["sluice_redis 127.0.0.1 db=first;", "db="],
        "a Sentinel without the primary's name":
            ["sluice_redis sentinel://127.0.0.1:26379;", "/<name>"],
        "a Sentinel's user without one":
            ["sluice_redis 127.0.0.1 sentinel_user=a;", "of Sentinels"],
        "Redis over TLS": ["sluice_redis rediss://127.0.0.1:6379;",
                           "stunnel4"],
        "a Sentinel's password file that is not there":
            ["sluice_redis sentinel://127.0.0.1/m "
             + "sentinel_password_file=/nowhere;",
             "sentinel_password_file", "/nowhere"],
        "a password file that is not there":
            ["sluice_redis 127.0.0.1 password_file=/nowhere;", "/nowhere"],
        "a public URL without a scheme":
            ["sluice_public_url media.example.org;", "https://"],
        "a public URL with a path":
            ["sluice_public_url https://media.example.org/x;",
             "without a path"],
        "a life time of words": ["sluice_link_ttl soon;", "invalid value"],
        "media that are neither on nor off": ["sluice_media maybe;",
                                             "write on or off"],
        "an unknown directive": ["sluice_gates user;", "unknown directive"],
    };

    for (const [what, [line, ...words]] of Object.entries(wrong)) {
        it(`like ${what}`, () => refuses(`${line} #!`, ...words));
    }

    it("like a largest upload of words", () => {
        refuses(database + signed() + named + server(
            `location / { sluice_upload ${folder} max_size=huge; #!\n}`),
        "max_size=");
    });

    it("like an unknown word for uploads", () => {
        refuses(database + signed() + named + server(
            `location / { sluice_upload ${folder} size=1g; #!\n}`),
        "max_size=");
    });
});


describe("a spool is refused", { timeout }, () => {
    const upload = (folder) => refuses(database + signed() + named + server(
        `location / { sluice_upload ${folder}; #!\n}`), `"${folder}"`,
    '"sluice_upload"');

    it("that is not told from the top", () => upload("spool"));

    it("that is a file", () => {
        writeFileSync(join(folder, "file"), "");
        upload(`${folder}/file`);
    });
});


describe("what needs a database is refused without one", { timeout }, () => {
    for (const directive of ["sluice_api", "sluice_ready"]) {
        it(directive, () => {
            refuses(server(`location / { ${directive}; #!\n}`),
                "sluice_database");
        });
    }

    it("sluice_upload", () => {
        refuses(server(`location / { sluice_upload ${folder}; #!\n}`),
            "sluice_database");
    });
});


describe("sluice_media alone, at http level,", { timeout }, () => {
    const bytes = Buffer.alloc(10_000, "m");
    let url, pid;

    before(async () => {
        const port = await freePort();

        mkdirSync(join(folder, "root"));
        writeFileSync(join(folder, "root/film.mp4"), bytes);
        writeFileSync(join(folder, "root/index.html"), "a page");
        write(`sluice_media on;
            server { listen 127.0.0.1:${port}; root ${folder}/root; }`);
        url = `http://127.0.0.1:${port}`;

        const { status, stderr } = nginx();
        assert.equal(status, 0, stderr);
        pid = await until("nginx runs", () => {
            try {
                return Number(readFileSync(join(folder, "nginx.pid"), "utf8"))
                    || undefined;
            } catch {
                return undefined;
            }
        });
    });

    after(async () => {
        process.kill(pid, "SIGQUIT");
        await until("nginx is gone", () => !alive(pid));
    });

    it("serves media with ranges", async () => {
        const answer = await request(`${url}/film.mp4`,
            { headers: { Range: "bytes=10-19" } });

        assert.equal(answer.status, 206);
        assert.equal(answer.headers["content-type"], "video/mp4");
        assert.equal(answer.headers["content-range"], "bytes 10-19/10000");
    });

    it("leaves pages to nginx", async () => {
        assert.equal((await request(`${url}/`)).text, "a page");
        assert.equal((await request(`${url}/nowhere`)).status, 404);
    });
});
