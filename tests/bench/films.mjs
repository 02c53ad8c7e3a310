/*
 * Films: how soon they play, and what the ladder takes, beside ffmpeg alone.
 *
 *   copied    H.264 and AAC, 120 s of 1080p: from the upload's answer until it
 *             plays, beside one `ffmpeg -c copy` into HLS of single files
 *   encoded   MPEG-4, SECONDS of 1080p: until it plays, beside one ffmpeg that
 *             makes all of the same outputs on the same cores; until all of the
 *             ladder is there by one worker on one core, and by two on two;
 *             processor time beside that ffmpeg's
 *   likeness  SSIM of the highest rung with the source, ours and ffmpeg's
 *
 *     node tests/bench/films.mjs       SECONDS, ROUNDS in the environment
 */

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync,
         writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

import { until } from "../http/lib/client.mjs";
import { idle, published } from "../http/lib/films.mjs";
import { startStack } from "../http/lib/stack.mjs";

const SECONDS = Number(process.env.SECONDS ?? 120);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const TICKS = Number(execFileSync("getconf", ["CLK_TCK"]));
const folder = mkdtempSync(join(tmpdir(), "bench-films-"));

const median = (values) => [...values].sort((a, b) => a - b)
    .at(Math.floor(values.length / 2));
const row = (name, value) => console.log(`${name.padEnd(56)} ${value}`);


/* Wall and processor seconds of an ffmpeg; on these cores. */
function ffmpeg(cores, ...words) {
    const file = join(folder, "time");

    execFileSync("taskset", ["-c", cores, "/usr/bin/time", "-o", file, "-f",
        "%e %U %S", "ffmpeg", "-v", "error", "-nostdin", "-y", ...words]);
    const [wall, user, system] = readFileSync(file, "utf8").trim().split(" ")
        .map(Number);
    return { wall, cpu: user + system };
}

const moving = (seconds) => ["-f", "lavfi", "-i",
    `testsrc2=size=1920x1080:rate=25:duration=${seconds},`
        + "noise=alls=4:allf=t", "-f", "lavfi", "-i",
    `sine=frequency=440:sample_rate=48000:duration=${seconds}`];

function make(name, ...words) {
    const path = join(folder, name);

    ffmpeg("0,1", ...words, path);
    return path;
}


/* Processor seconds of a process and of what it waited for; 0: it has ended,
   and is in its parent's. */
function used(pid) {
    try {
        return readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "")
            .split(" ").slice(11, 15).reduce((a, b) => a + Number(b), 0)
            / TICKS;
    } catch {
        return 0;
    }
}


/* Workers of two slots each, each on its core. */
class Workers {
    constructor(stack) {
        this.stack = stack;
        this.all = [];
    }

    start(cores) {
        const conf = readFileSync(this.stack.path("worker.conf"), "utf8");

        for (const core of cores) {
            const path = join(folder, `worker-${core}.conf`);

            writeFileSync(path, conf.replace(/^(slots|log|pid)\b.*\n/gm, "")
                + `slots 2\nlog ${folder}/worker-${core}.log\n`);
            this.all.push(spawn("taskset", ["-c", core,
                this.stack.path("bin/sluice-worker"), "-c", path],
            { stdio: "ignore" }));
        }
    }

    /* Processor seconds of them, their slots, and what these waited for. */
    cpu() {
        const rows = execFileSync("ps", ["-eo", "pid=,ppid="]).toString()
            .trim().split("\n").map((line) => line.trim().split(/\s+/)
                .map(Number));
        const mine = new Set(this.all.map(({ pid }) => pid));

        for (let size = 0; size !== mine.size;) {
            size = mine.size;
            rows.forEach(([pid, parent]) => mine.has(parent) && mine.add(pid));
        }
        return [...mine].reduce((sum, pid) => sum + used(pid), 0);
    }

    async stop() {
        await Promise.all(this.all.map((child) => new Promise((resolve) => {
            child.on("exit", resolve);
            child.kill("SIGTERM");
        })));
        this.all = [];
    }
}


/* What nobody reads, and makes another file of it: a Void element, or a box. */
function another(name) {
    const mark = Buffer.from(name.padEnd(8));

    return name.endsWith("mkv")
        ? Buffer.concat([Buffer.from([0xec, 0x88]), mark])
        : Buffer.concat([Buffer.from("\0\0\0\x10free", "latin1"), mark]);
}


/* Uploads, and waits; answers the id and, by the record's clock, the seconds
   until it played and until the last of these was there that is by now. */
async function brought(stack, client, path, name, wait) {
    const { id } = await client.bring(Buffer.concat([readFileSync(path),
        another(name)]), name);

    await wait(id);
    const [plays, all] = (await stack.sql("select extract(epoch from "
        + "max(finished_at) filter (where kind = 'package') - min(created_at)),"
        + "extract(epoch from max(finished_at) filter (where kind in "
        + "('package', 'join')) - min(created_at)) from sluice.jobs where "
        + `media = '${id}'`)).split("|").map(Number);

    return { id, plays, all };
}


async function removed(stack, client, id) {
    await client.delete(`/api/media/${id}`);
    await until("nothing is made of it", async () => await stack.sql(
        "select count(*) from sluice.jobs where state in ('queued', 'running', "
            + "'retrying') and kind not in ('expire', 'orphans', 'prune', "
            + "'scrub')") === "0", { seconds: 60 });
}


async function copied(stack, client) {
    const path = make("copied.mp4", ...moving(120), "-c:v", "libx264",
        "-preset", "ultrafast", "-b:v", "5M", "-maxrate", "5M", "-bufsize",
        "5M", "-g", "50", "-bf", "2", "-pix_fmt", "yuv420p", "-c:a", "aac");
    const bare = [], ours = [];

    for (let round = 0; round < ROUNDS; round++) {
        bare.push(ffmpeg("0,1", "-i", path, "-c", "copy", "-f", "hls",
            "-hls_segment_type", "fmp4", "-hls_flags", "single_file",
            "-hls_playlist_type", "vod", "-hls_time", "6",
            "-hls_segment_filename", join(folder, "bare.mp4"),
            join(folder, "bare.m3u8")).wall);

        const { id, plays } = await brought(stack, client, path,
            `${round}.mp4`, (film) => client.ready(film));

        ours.push(plays);
        await removed(stack, client, id);
    }

    row(`copied, ${(statSync(path).size / 1e6).toFixed(0)} MB: until it plays`,
        `${median(ours).toFixed(3)} s`);
    row("    ffmpeg -c copy into HLS", `${median(bare).toFixed(3)} s`);
    row("    of 1.15 × that and 50 ms", (median(ours)
        / (1.15 * median(bare) + 0.05)).toFixed(2));
}


/* The outputs of this plan by one ffmpeg. */
function ladder(path, cores, rungs) {
    const graph = `[0:v]scale=${rungs[0].width}:${rungs[0].height},setsar=1,`
        + `format=yuv420p,split=${rungs.length}`
        + rungs.map((_, i) => `[s${i}]`).join("")
        + rungs.map(({ width, height }, i) =>
            `;[s${i}]scale=${width}:${height}[v${i}]`).join("");

    return ffmpeg(cores, "-i", path, "-filter_complex", graph,
        ...rungs.flatMap(({ name, rate }, i) => ["-map", `[v${i}]`, "-c:v",
            "libx264", "-preset", "veryfast", "-crf", "22", "-maxrate",
            String(rate), "-bufsize", String(2 * rate), "-g", "50",
            "-sc_threshold", "0", "-fps_mode", "vfr", "-threads", "2",
            join(folder, `one-${name}.mp4`)]),
        "-map", "0:a", "-c:a", "aac", "-b:a", "128k",
        join(folder, "one-a1.mp4"));
}


function likeness(path, source) {
    const { stderr } = spawnText("ffmpeg", ["-nostdin", "-i", path, "-i",
        source, "-lavfi", "[0:v]settb=AVTB,setpts=N[a];[1:v]settb=AVTB,"
            + "setpts=N[b];[a][b]ssim", "-f", "null", "-"]);

    return Number(/All:([\d.]+)/.exec(stderr)[1]);
}

function spawnText(command, words) {
    const file = join(folder, "said");

    execFileSync("sh", ["-c", `"$@" 2> ${file}`, "-", command, ...words]);
    return { stderr: readFileSync(file, "utf8") };
}


async function encoded(stack, client, workers) {
    const path = make("encoded.mkv", ...moving(SECONDS), "-c:v", "mpeg4",
        "-b:v", "15M", "-c:a", "libmp3lame");
    const took = {};

    for (const [name, cores] of [["plain", ["0,1"]], ["one", ["0"]],
                                 ["two", ["0", "1"]]]) {
        workers.start(cores);
        const before = workers.cpu();
        const film = await brought(stack, client, path, `${name}.mkv`,
            (id) => name === "plain"
                ? client.ready(id, { seconds: 20 * SECONDS })
                : idle(stack, id, { seconds: 20 * SECONDS, every: 2000 }));

        took[name] = { ...film, cpu: workers.cpu() - before };
        if (name === "plain") {
            await removed(stack, client, film.id);
        }
        await workers.stop();
    }

    row("all of the ladder, one worker and two, of a core each",
        `${took.one.all.toFixed(1)} s, ${took.two.all.toFixed(1)} s: `
        + (took.two.all / took.one.all).toFixed(2));

    const rungs = JSON.parse(await stack.sql("select json_agg(json_build_object("
        + "'name', r.name, 'width', r.about->'width', 'height', "
        + "r.about->'height', 'rate', coalesce((select (x->>'rate')::float8 "
        + "from sluice.jobs j, jsonb_array_elements(j.result->'rungs') x where "
        + "j.media = r.media and j.kind = 'split' and x->>'name' = r.name), "
        + "700000)) order by (r.about->>'height')::integer desc) from "
        + `sluice.renditions r where r.media = '${took.two.id}' `
        + "and r.kind = 'video'"));
    const one = ladder(path, "0", rungs);
    const two = ladder(path, "0,1", rungs);
    const highest = rungs[0].name;
    const ours = likeness(published(stack, took.two.id).tracks[highest].file,
        path);
    const theirs = likeness(join(folder, `one-${highest}.mp4`), path);

    row(`encoded, ${SECONDS} s, ${rungs.length} rungs: until it plays`,
        `${took.plain.plays.toFixed(1)} s`);
    row("    of one ffmpeg's whole ladder on the same cores",
        (took.plain.plays / two.wall).toFixed(2));
    row("processor, beside one ffmpeg",
        `${took.one.cpu.toFixed(0)} s, ${one.cpu.toFixed(0)} s: `
        + (took.one.cpu / one.cpu).toFixed(2));
    row(`SSIM of ${highest} with the source, ours and ffmpeg's`,
        `${ours.toFixed(4)}, ${theirs.toFixed(4)}`);
}


const stack = await startStack();
const workers = new Workers(stack);

try {
    const client = await stack.visitor("viewer");

    if (ROUNDS > 0) {
        await copied(stack, client);
    }
    await stack.stopWorker();
    await encoded(stack, client, workers);
} finally {
    await workers.stop();
    await stack.stop();
    rmSync(folder, { recursive: true });
}
