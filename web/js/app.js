/* The page's frame: header, the place for a view, and who may see it. */

import { getMe } from "./account/api.js";
import { hideToken } from "./account/mailed.js";
import { avatar } from "./lib/avatar.js";
import { h, icon, refresh } from "./lib/dom.js";
import { leftAt } from "./lib/home.js";
import { adopt, current, isChosen, onChange, percent, t } from "./lib/language.js";
import { languageSwitch } from "./lib/language_switch.js";
import * as notice from "./lib/notice.js";
import * as router from "./lib/router.js";
import * as session from "./lib/session.js";
import { listenBar } from "./player/audio/bar.js";
import * as jukebox from "./player/audio/jukebox.js";
import { playAlone } from "./player/base/alone.js";
import * as queue from "./upload/queue.js";
import { accountView } from "./views/account.js";
import { accountsView } from "./views/accounts.js";
import { auditView } from "./views/audit.js";
import { enrolView } from "./views/enrol.js";
import { invitationView } from "./views/invitation.js";
import { invitationsView } from "./views/invitations.js";
import { itemView } from "./views/item.js";
import { libraryView } from "./views/library.js";
import { mailsView, mailView } from "./views/mails.js";
import { missingView } from "./views/missing.js";
import { oneAccountView } from "./views/one_account.js";
import { resetView } from "./views/reset.js";
import { signInView } from "./views/sign_in.js";
import { signUpView } from "./views/sign_up.js";
import { uploadView } from "./views/upload.js";
import { verifyView } from "./views/verify.js";

/* for anyone, signed in or not */
const OPEN = [signUpView, verifyView, resetView, invitationView];
/* for admins: to others these places are none */
const ADMINS = [accountsView, oneAccountView, invitationsView, auditView,
                mailsView, mailView];

const main = h("main", { id: "main" });
const header = h("header", { class: "bar", hidden: true });
const listening = listenBar();

let leaving = null;         /* AbortController of the view that is shown */
let title = () => "Sluice";
let first = true;


/*
 * A view is a function (params, context) that answers {element, title, and
 * optionally focus (the element to start at)}. context.signal tells when it
 * is left; context.back whether one came back to it.
 */
function show(view, params, back) {
    const signedIn = session.currentUser() !== null;
    const chosen = open(view);

    leaving?.abort();
    leaving = new AbortController();

    const { element, title: named, focus } = chosen(params, {
        signal: leaving.signal, back, retitle, entered,
    });

    header.hidden = !signedIn;
    listening.at(location.pathname);
    main.replaceChildren(element);
    retitle(named);
    if (!back) {
        scrollTo(0, 0);
    }

    /* The first page load starts where browsers start: at the top. */
    if (focus) {
        focus.focus();
    } else if (!first) {
        toContent();
    }
    first = false;
}


/* What is shown in place of a view to who is here. */
function open(view) {
    if (OPEN.includes(view)) {
        return view;
    }
    if (session.currentUser() === null) {
        return signInView;
    }
    if (session.isEnrolling()) {
        return enrolView;
    }
    return ADMINS.includes(view) && session.currentUser().role !== "admin"
        ? missingView : view;
}


function toContent() {
    const heading = main.querySelector("h1");

    heading?.setAttribute("tabindex", "-1");
    heading?.focus({ preventScroll: true });
}


function retitle(text) {
    title = text;
    document.title = title();
}


/* The sign-in view's way on: to the place that the address names. */
function entered() {
    fillHeader();
    router.resolve(false);
    speakAsUser();
}


/* What a sign-in answers has not all of the user. */
async function speakAsUser() {
    if (!isChosen()) {
        const { locale } = await getMe().catch(() => ({}));

        adopt(locale);
    }
}


function fillHeader() {
    const user = session.currentUser();

    queue.enter();

    const name = user.name || user.email || "?";
    const menu = h("div", { class: "menu", id: "account", popover: "auto" },
        h("p", { class: "menu-name" }, name),
        user.name ? h("p", { class: "menu-email" }, user.email) : null,
        session.isEnrolling() ? null : places(user),
        languageSwitch(),
        h("button", { class: "button wide", type: "button", onclick: leave },
          () => t("shell.sign-out")));

    header.replaceChildren(
        h("a", { class: "brand", href: "/",
                 "aria-label": () => t("shell.home") },
          h("img", { src: "/icon.svg", alt: "", width: 28, height: 28 }),
          h("span", { "aria-hidden": "true" }, "Sluice")),
        h("nav", { "aria-label": "Sluice", hidden: session.isEnrolling() },
          h("a", { class: "button primary upload-link", href: "/upload",
                   "aria-label": uploadLabel },
            icon("upload"), h("span", {}, uploadShort))),
        avatar(), menu);
}


function places({ role }) {
    const link = (href, words) => h("li", {}, h("a", {
        href,
        onclick: (event) => event.target.closest("[popover]").hidePopover(),
    }, () => t(words)));

    return h("ul", { class: "menu-places" },
        link("/account", "account.title"),
        role === "admin" ? link("/admin/accounts", "accounts.title")
            : null);
}


function uploadLabel() {
    const share = queue.share();

    return share === null ? t("shell.upload")
        : t("shell.uploading", { percent: percent(share) });
}


function uploadShort() {
    const share = queue.share();

    return share === null ? t("shell.upload") : percent(share);
}


async function leave() {
    queue.abandon();
    try {
        await session.signOut();
    } catch (problem) {
        notice.tell(() => problem.text());
    }
}


function left() {
    queue.abandon();
    jukebox.clear();
    leftAt("/");
    history.replaceState(null, "", "/");
    router.resolve(false);
}


/* Files may be dropped on any view: they go where uploads are shown. */
function takeDrops() {
    const carriesFiles = (event) => session.currentUser()
        && event.dataTransfer?.types.includes("Files");
    const mark = (on) => document.body.classList.toggle("dropping", on);

    addEventListener("dragover", (event) => {
        if (carriesFiles(event)) {
            event.preventDefault();
            mark(true);
        }
    });
    addEventListener("dragleave", (event) => {
        if (!event.relatedTarget) {
            mark(false);
        }
    });
    addEventListener("drop", (event) => {
        if (carriesFiles(event)) {
            event.preventDefault();
            mark(false);
            queue.add(event.dataTransfer.files);
            if (location.pathname !== "/upload") {
                router.navigate("/upload");
            }
        }
    });
}


function speak() {
    document.documentElement.lang = current();
    document.title = title();
    refresh(document.body);
}


async function start() {
    hideToken();
    document.body.append(
        h("a", { class: "skip", href: "#main", onclick: (event) => {
            event.preventDefault();
            toContent();
        } }, () => t("shell.skip")),
        header, ...notice.elements, main, listening.element, jukebox.element,
        h("p", { class: "drop-hint", "aria-hidden": "true" },
          icon("upload"), () => t("shell.drop")));
    document.documentElement.lang = current();

    onChange(speak);
    queue.onChange(() => refresh(header));
    session.onEnded(() => {
        jukebox.element.pause();
        router.resolve(false);
    });
    session.onLeft(left);
    session.onChanged(fillHeader);
    session.onEnrolling(entered);
    takeDrops();
    playAlone();
    addEventListener("beforeunload", (event) => {
        if (queue.busy()) {
            event.preventDefault();
        }
    });

    router.route("/", libraryView);
    router.route("/upload", uploadView);
    router.route("/watch/:id", itemView);
    router.route("/read/:id", itemView);
    router.route("/account", accountView);
    router.route("/admin/accounts", accountsView);
    router.route("/admin/accounts/:id", oneAccountView);
    router.route("/admin/invitations", invitationsView);
    router.route("/admin/audit", auditView);
    router.route("/admin/mails", mailsView);
    router.route("/admin/mails/:name", mailView);
    router.route("/sign-up", signUpView);
    router.route("/verify", verifyView);
    router.route("/reset", resetView);
    router.route("/invitation", invitationView);

    for (;;) {
        try {
            const user = await session.resume();

            if (user) {
                adopt(user.locale);
                fillHeader();
                jukebox.restore();
            }
            break;
        } catch (problem) {
            if (!problem.away) {
                break;
            }
            notice.unanswered();
            await new Promise((resolve) => setTimeout(resolve, 2000));
        }
    }
    notice.answered();
    router.start(show, missingView);
}


start();
