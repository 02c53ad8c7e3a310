/* What is said about a media object in cards, titles and meta lines. */

import { bytes, clock, date, percent, t } from "../lib/language.js";
import { currentUser } from "../lib/session.js";


export function path(media) {
    return `/${media.kind === "score" ? "read" : "watch"}/${media.id}`;
}


export function verb(media) {
    return t({ video: "upload.watch", audio: "upload.listen",
               score: media.score?.drawn === false ? "upload.look"
                   : "upload.read" }[media.kind]);
}


export function ended(media) {
    return media.state === "ready" || media.state === "failed";
}


/* One's own, and for editors everything: as the server will have it. */
export function mayDelete(media) {
    const user = currentUser();

    return !media.owner || media.owner === user?.id
        || ["editor", "admin"].includes(user?.role);
}


/* Who may show media to all. */
export function mayShow() {
    return ["editor", "admin"].includes(currentUser()?.role);
}


/* "Ludwig · 12:04 · 1080p" */
export function facts(media, { long = false } = {}) {
    const list = [media.author ?? media.score?.composer];

    if (media.kind === "score" && media.pages) {
        list.push(t("meta.pages", { count: media.pages }));
    }
    if (media.kind === "score" && !media.pages && media.score?.format) {
        list.push(media.score.format);
    }
    if (media.duration ?? media.score?.duration) {
        list.push(clock(media.duration ?? media.score.duration));
    }
    if (long && media.kind === "video" && media.height) {
        list.push(`${Math.min(media.width, media.height)}p`);
    }
    if (long && media.bytes) {
        list.push(bytes(media.bytes));
    }
    if (long && mayShow() && media.visibility === "private") {
        list.push(t("visibility.private"));
    }
    if (long && media.created_at) {
        list.push(t("meta.added", { date: date(media.created_at) }));
    }

    return list.filter(Boolean).join(" · ");
}


/* Percent of the step a media object is in, or null when not yet known. */
export function progress(media) {
    const job = media.job;

    return job?.state === "running" && job.progress > 0 ? job.progress : null;
}


/* "Making it playable, 40 %" */
export function stage(media) {
    const job = media.job;

    if (!job || job.state === "queued" || job.state === "retrying") {
        return t(media.state === "uploading" ? "state.uploading"
            : "state.queued");
    }

    const key = `job.${job.kind}`;
    const step = ["probe", "package", "poster", "score", "storyboard", "subtitles",
        "listen", "cover", "chapters", "download", "verify"].includes(job.kind)
        ? t(key) : t("state.processing");
    const share = progress(media);

    return share === null ? t("upload.preparing", { step })
        : t("upload.preparing-percent", { step, percent: percent(share) });
}
