/* A score without pages, MusicXML or MIDI: what its file tells of the music,
   and what goes with it. */

import { h } from "../lib/dom.js";
import { homeLink } from "../lib/home.js";
import { t } from "../lib/language.js";
import { actionButtons } from "../media/actions.js";
import { facts } from "../media/media.js";
import { originalLink } from "../media/original.js";
import { scoreFacts } from "../score/facts.js";
import { scoreFiles } from "../score/files.js";


/* actions: see actionButtons(). drawn(media) is called when it has pages. */
export function musicView(media, actions, drawn, { signal }) {
    const files = scoreFiles(media, changed, signal);

    function changed(now) {
        files.update(now);
        if (now.links.pages?.length > 0) {
            drawn(now);
        }
    }
    files.element.hidden = false;

    return h("section", { class: "music", "aria-labelledby": "music-title" },
        h("div", { class: "watch-top" }, homeLink()),
        h("div", { class: "watch-head" },
          h("div", {},
            h("h1", { id: "music-title", dir: "auto" }, () => media.title),
            h("p", { class: "muted" }, () => facts(media, { long: true }))),
          h("div", { class: "actions" },
            originalLink(media, { primary: true }),
            actionButtons(actions))),
        h("div", { class: "music-body" },
          h("div", {},
            h("p", { class: "muted" }, () => t("music.lead", {
                format: media.score?.format ?? "" })),
            scoreFacts(media)),
          files.element));
}
