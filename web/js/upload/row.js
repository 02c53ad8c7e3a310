/* One upload in a list: how it comes along, and what one can do about it. */

import { h, icon, refresh } from "../lib/dom.js";
import { bytes, percent, span, t } from "../lib/language.js";
import { path, progress, verb } from "../media/media.js";
import * as queue from "./queue.js";

export const ACCEPT = "video/*,audio/*,image/*,application/pdf,"
    + ".mkv,.mxf,.rm,.rmvb,.dv,.caf,.wv,.w64,.ape,.tta,.ac3,.eac3,"
    + ".musicxml,.mxl,.xml,.mid,.midi,.heic,.tif,.tiff";


/* One upload; `home` takes the focus of what goes. */
export function uploadRow(upload, home) {
    const named = { name: upload.name };
    const bar = h("progress", { max: 100, class: "share",
                                "aria-label": () => t("upload.progress",
                                                      named) });
    const actions = h("div", { class: "upload-actions" });
    const element = h("li", { class: "upload-row" },
        h("p", { class: "upload-name", dir: "auto" }, upload.name),
        h("p", { class: "upload-status" }, () => status(upload)),
        bar, actions);
    let drawn = null;

    function update() {
        const share = upload.state === "preparing" ? made(upload.media)
            : upload.share;

        element.dataset.state = upload.state;
        bar.hidden = upload.done;
        if (share === null) {
            bar.removeAttribute("value");
        } else {
            bar.value = share;
        }
        if (drawn !== upload.state) {
            drawn = upload.state;
            redraw();
        }
        refresh(element);
    }

    /* What had the focus may be gone with the state it belonged to. */
    function redraw() {
        const focused = actions.contains(document.activeElement);

        actions.replaceChildren(...buttons(upload, named, home));
        if (focused) {
            (actions.querySelector("a, button") ?? home).focus();
        }
    }

    return { element, update };
}


/* Percent; what waits does not move, and null is what does. */
function made(media) {
    return ["queued", "retrying"].includes(media.job?.state) ? 0
        : progress(media);
}


function buttons(upload, named, home) {
    const button = (key, symbol, act) => h("button", {
        class: "icon-button", type: "button",
        "aria-label": () => t(key, named), onclick: act,
    }, icon(symbol));
    const remove = button("upload.remove", "close", () => {
        queue.remove(upload);
        home.focus();
    });

    switch (upload.state) {
    case "preparing":
        return [];
    case "ready":
    case "duplicate":
        if (upload.part && upload.state === "duplicate") {
            return [remove];
        }
        return [h("a", { class: "button primary", href: path(upload.media),
                         "aria-label": () => t("upload.open", {
                             verb: verb(upload.media),
                             title: upload.media.title,
                         }) }, () => verb(upload.media)),
                remove];
    case "missing":
        return [h("button", { class: "button", type: "button",
                              "aria-label": () => t("upload.find-name", named),
                              onclick: () => home.click() },
                  () => t("upload.find")),
                button("upload.cancel", "close", () => {
                    upload.cancel();
                    queue.remove(upload);
                    home.focus();
                })];
    case "failed":
    case "cancelled":
        if (upload.problem?.word.startsWith("file-")) {
            return [remove];
        }
        return [h("button", { class: "button", type: "button",
                              "aria-label": () => t("upload.again-name", named),
                              onclick: () => queue.again(upload) },
                  () => t("upload.again")),
                remove];
    default:
        return [button("upload.cancel", "close", () => upload.cancel())];
    }
}


function status(upload) {
    const values = { percent: percent(upload.share),
                     total: bytes(upload.size) };

    if (upload.state === "delayed") {
        return t("upload.delayed", { span: span(upload.delay) });
    }
    if (upload.state === "sending") {
        return upload.left === null ? t("upload.sending", values)
            : t("upload.left", { ...values, span: span(upload.left) });
    }
    return queue.describe(upload);
}
