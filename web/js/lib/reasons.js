/*
 * Why the server could make nothing of a file, in French: it says so in
 * English. What stands for numbers and names in a sentence of the
 * server is {1}, {2}, … here, in the same order.
 */

const fr = {
    "This file is not a film or a score that Sluice knows: %s.":
        "Ce fichier n’est ni un film ni une partition que Sluice connaît.",
    "The disk was full or broken meanwhile.":
        "Le disque du serveur était plein ou en panne.",
    "The work took longer than %.0f s.":
        "Le travail a duré plus de {1} s.",
    "The database refused to answer.": "La base de données n’a pas répondu.",
    "Trouble while looking for room on the disk: %s.":
        "Il n’y a pas assez de place sur le disque du serveur.",
    "Trouble while %s: %s.": "Le serveur a rencontré une difficulté.",
    "The result could not be recorded.":
        "Le résultat n’a pas pu être enregistré.",
    "What was made of the file grew beyond all measure: %s.":
        "Ce qui a été fait du fichier dépasse toute mesure.",
    "Reading the file takes more memory than there is for it: %s.":
        "Lire ce fichier demande plus de mémoire qu’il n’y en a pour cela.",
    "The program that read the file %s, which no file may make it do.":
        "Ce fichier a fait faire au programme qui le lit ce qu’aucun fichier "
        + "ne doit lui faire faire.",
    "%s was killed while it read the file.":
        "La lecture du fichier a été interrompue.",
    "%s could not be started.": "Le programme de lecture n’a pas démarré.",
    "The job does not say which export.":
        "Le travail ne dit pas de quel export il s’agit.",
    "Nobody wants it any more.": "Plus personne n’en a besoin.",
    "This worker knows no job of kind %s.":
        "Le serveur ne connaît pas ce travail.",

    "The file holds neither pictures nor sound that can be played.":
        "Ce fichier ne contient ni image ni son que l’on puisse lire.",
    ["There is no decoder here for %s: nothing in the file can be played."]:
        "Il n’y a pas de décodeur ici pour {1}\u00a0: rien ne peut en être lu.",
    ["There is no decoder here for its picture (%s): its sound is played "
        + "alone."]:
        "Il n’y a pas de décodeur ici pour son image ({1})\u00a0: seul le son "
        + "est lu.",
    "There is no decoder here for its sound (%s): it is played without.":
        "Il n’y a pas de décodeur ici pour le son ({1})\u00a0: le film est lu "
        + "sans lui.",
    ["The file does not say how long it is, or it is cut off: nothing in it "
        + "can be played."]:
        "Ce fichier ne dit pas sa durée, ou il est tronqué\u00a0: rien ne peut "
        + "en être lu.",
    "The file is longer than 24 hours, which is the most that is taken.":
        "Ce fichier dure plus de 24 heures, le maximum accepté.",
    "The film is cut off: its index (moov) is missing.":
        "Le film est tronqué\u00a0: son index (moov) manque.",
    "The file cannot be read: it is damaged or cut off.":
        "Ce fichier est illisible\u00a0: il est abîmé ou tronqué.",
    "The file is built so that looking into it takes too long.":
        "Ce fichier est fait de telle sorte que l’examiner dure trop "
        + "longtemps.",
    "The picture claims %u × %u pixels; at most 50 million are allowed.":
        "L’image annonce {1} × {2} pixels\u00a0; 50 millions au plus sont "
        + "permis.",
    "The file cannot be converted: it is damaged or cut off.":
        "Ce fichier ne peut pas être converti\u00a0: il est abîmé ou tronqué.",
    "Converting the file took longer than any film of its length should.":
        "La conversion a duré plus longtemps qu’un film de cette longueur ne "
        + "le demande.",
    "The file has too many streams.": "Ce fichier contient trop de pistes.",
    "The file could not be made playable.":
        "Ce fichier n’a pas pu être préparé pour la lecture.",
    "Writing what was converted took too long.":
        "L’écriture de ce qui a été converti a duré trop longtemps.",
    "Reading the file took too long.":
        "La lecture de ce fichier a duré trop longtemps.",
    "The file is cut off or damaged: nothing in it can be played.":
        "Ce fichier est tronqué ou abîmé\u00a0: rien ne peut en être lu.",
    "The job does not say what was copied.":
        "La tâche ne dit pas ce qui a été copié.",
    "This film is planned otherwise by now.":
        "Ce film est préparé autrement depuis.",
    "The other pieces of the film are gone by now.":
        "Les autres morceaux du film ont été effacés depuis.",
    "The pieces of the film do not fit together.":
        "Les morceaux du film ne vont pas ensemble.",
    "The job's params make no sense.":
        "Les paramètres du travail n’ont pas de sens.",
    ["The file could not be made playable: what came out of converting it is "
        + "not whole."]:
        "Le fichier n’a pas pu être rendu lisible\u00a0: le résultat de la "
        + "conversion n’est pas complet.",
    "The file is cut off or damaged: of %.1f s, only %.1f s can be played.":
        "Ce fichier est tronqué ou abîmé\u00a0: sur {1} s, seules {2} s "
        + "peuvent être lues.",
    "Of its sounds only the first %d are played.":
        "De ses pistes sonores, seules les {1} premières sont lues.",
    "Of its subtitles only the first %d are shown.":
        "De ses sous-titres, seuls les {1} premiers sont montrés.",
    ["The file is damaged, first near %d:%02d:%02d: what can be read of it there "
        + "is played."]:
        "Ce fichier est abîmé, d’abord vers {1}:{2}:{3}\u00a0: ce qui peut en "
        + "être lu à cet endroit est joué.",
    "No picture could be taken from the film.":
        "Aucune image n’a pu être tirée du film.",
    "The chapters cannot be read.": "Les chapitres sont illisibles.",
    "Reading the chapters took too long.":
        "Lire les chapitres a duré trop longtemps.",
    "The cover of the recording cannot be read.":
        "La pochette de l’enregistrement est illisible.",
    "Reading the cover of the recording took too long.":
        "Lire la pochette de l’enregistrement a duré trop longtemps.",
    "The recording cannot be listened to.":
        "L’enregistrement n’a pas pu être écouté.",
    "Listening to the recording took too long.":
        "Écouter l’enregistrement a duré trop longtemps.",
    "The captions in the film cannot be read.":
        "Le sous-titrage codé du film ne peut pas être lu.",
    "Reading the captions in the film took too long.":
        "La lecture du sous-titrage codé du film a pris trop de temps.",
    "The subtitles in the film cannot be read.":
        "Les sous-titres du film sont illisibles.",
    "Reading the subtitles in the film took too long.":
        "Lire les sous-titres du film a duré trop longtemps.",
    "The subtitles cannot be read.": "Les sous-titres sont illisibles.",
    "Reading the subtitles took too long.":
        "Lire les sous-titres a duré trop longtemps.",
    ["The subtitles are larger than any: at most 8 MiB, 20,000 titles and 640 "
        + "KiB of words are taken."]:
        "Ces sous-titres sont trop grands\u00a0: au plus 8 Mio, 20\u202f000 "
        + "titres et 640 Kio de texte.",
    ["There is no title in the subtitles that would be shown while the film "
        + "lasts."]:
        "Aucun de ces sous-titres ne serait affiché pendant le film.",
    ["These are no subtitles that are known: bring SubRip (.srt), WebVTT "
        + "(.vtt) or SubStation Alpha (.ass)."]:
        "Ce ne sont pas des sous-titres connus\u00a0: apportez du SubRip "
        + "(.srt), du WebVTT (.vtt) ou du SubStation Alpha (.ass).",
    "Nobody said which film they are for.":
        "Le serveur ne sait pas pour quel film ils sont.",
    "The file is empty.": "Ce fichier est vide.",
    ["How the text is written (its encoding) cannot be told: save it as "
        + "UTF-8."]:
        "L’encodage de ce texte ne peut pas être reconnu\u00a0: "
        + "enregistrez-le en UTF-8.",
    "The job does not say what to join.":
        "Le travail ne dit pas quoi assembler.",
    "The tracks of the film do not fit together.":
        "Les pistes du film ne s’assemblent pas.",
    "Joining the tracks of the film took too long.":
        "Assembler les pistes du film a duré trop longtemps.",
    "No storyboard could be made of the film.":
        "Aucune planche d’images n’a pu être faite du film.",
    "Making a storyboard of the film took too long.":
        "Faire la planche d’images du film a duré trop longtemps.",
    "Taking a picture from the film took too long.":
        "Tirer une image du film a duré trop longtemps.",
    "The codecs are unknown.": "Les codecs du film sont inconnus.",
    "Looking for the codecs took too long.":
        "Chercher les codecs a duré trop longtemps.",

    "The MusicXML cannot be read: it is damaged or cut off.":
        "Le MusicXML est illisible\u00a0: il est abîmé ou tronqué.",
    "The MusicXML cannot be read: it holds no score.":
        "Le MusicXML est illisible\u00a0: il ne contient pas de partition.",
    "The MusicXML declares entities of its own, which is not allowed.":
        "Le MusicXML déclare ses propres entités, ce qui n’est pas permis.",
    "The MusicXML declares a document type of its own, which is not allowed.":
        "Le MusicXML déclare son propre type de document, ce qui n’est pas "
        + "permis.",
    "The MusicXML is nested deeper than any score.":
        "Le MusicXML est plus imbriqué qu’aucune partition.",
    "The MusicXML is larger than any score.":
        "Le MusicXML est plus grand qu’aucune partition.",
    "The MusicXML takes more memory to read than any score.":
        "Lire ce MusicXML demande plus de mémoire qu’aucune partition.",
    ["The MusicXML is a collection that only points at scores: bring each of "
        + "them."]:
        "Ce MusicXML est un recueil qui ne fait que renvoyer à des "
        + "partitions\u00a0: envoyez chacune d’elles.",
    "The MusicXML is not written in the encoding that it names: %s.":
        "Le MusicXML n’est pas écrit dans l’encodage qu’il annonce\u00a0: "
        + "{1}.",
    "The MusicXML is in an encoding that is not known here: %s.":
        "Le MusicXML est dans un encodage inconnu ici\u00a0: {1}.",
    "This is MuseScore's own format: export it as MusicXML or PDF.":
        "C’est le format propre à MuseScore\u00a0: exportez en MusicXML ou en "
        + "PDF.",
    "The compressed MusicXML cannot be read: it is damaged or cut off.":
        "Le MusicXML compressé est illisible\u00a0: il est abîmé ou tronqué.",
    "The compressed MusicXML cannot be read: it holds no score.":
        "Le MusicXML compressé est illisible\u00a0: il ne contient pas de "
        + "partition.",
    "The compressed MusicXML is packed in a way that is not taken.":
        "Le MusicXML est compressé d’une manière qui n’est pas acceptée.",
    "The compressed MusicXML is encrypted: bring it without a password.":
        "Le MusicXML compressé est chiffré\u00a0: envoyez-le sans mot de "
        + "passe.",
    "The compressed MusicXML unpacks to more than any score is.":
        "Décompressé, le MusicXML est plus grand qu’aucune partition.",
    "The notes cannot be read.": "La musique du fichier est illisible.",
    "Reading the notes took too long.":
        "Lire la musique du fichier a duré trop longtemps.",
    "The MIDI cannot be read: it is damaged or cut off.":
        "Le MIDI est illisible\u00a0: il est abîmé ou tronqué.",
    "The %s is larger than any score: %llu MB.":
        "Ce fichier ({1}) est plus grand qu’aucune partition\u00a0: {2} Mo.",

    "The PDF has %d pages; at most %d are allowed.":
        "Le PDF a {1} pages\u00a0; {2} au plus sont permises.",
    "Page %d of the PDF is damaged: it has no size.":
        "La page {1} du PDF est abîmée\u00a0: elle n’a pas de dimensions.",
    "Page %d measures %.1f × %.1f m; the largest page is %.2f m.":
        "La page {1} mesure {2} × {3} m\u00a0; la plus grande permise "
        + "mesure {4} m.",
    "The PDF cannot be read: it is damaged or cut off.":
        "Le PDF est illisible\u00a0: il est abîmé ou tronqué.",
    "The PDF is built so that looking into it takes too long.":
        "Le PDF est fait de telle sorte que l’examiner dure trop longtemps.",
    "The PDF is protected by a password.":
        "Le PDF est protégé par un mot de passe.",
    "Page %d of the PDF cannot be rendered.":
        "La page {1} du PDF ne peut pas être dessinée.",
    "Rendering page %d took too long.":
        "Dessiner la page {1} a duré trop longtemps.",
    "Not all pages from here on could be drawn.":
        "À partir d’ici, certaines pages n’ont pas pu être dessinées.",
    "Reading the PDF once more took too long.":
        "La relecture du PDF a duré trop longtemps.",
    "The text of the PDF cannot be read.":
        "Le texte du PDF ne peut pas être lu.",
    "The text of the PDF takes too long to read.":
        "Lire le texte du PDF dure trop longtemps.",

    "The picture cannot be read: it is damaged or cut off.":
        "L’image est illisible\u00a0: elle est abîmée ou tronquée.",
    "The picture is cut off.": "L’image est tronquée.",
    "Reading the picture took too long.":
        "La lecture de l’image a duré trop longtemps.",
    "Page %d cannot be rendered.": "La page {1} ne peut pas être dessinée.",
    "A page is one picture; this %s has %d.":
        "Une page est une seule image\u00a0; ce {1} en a {2}.",
    "A page is a picture; this is %s.":
        "Une page est une image\u00a0; ceci est\u00a0: {1}.",
    "Pages can be added to a score that is one picture alone.":
        "On n’ajoute des pages qu’à une partition qui est une seule image.",
    "%s is not a score.": "Ce fichier ({1}) n’est pas une partition.",
    "The score itself cannot be read.":
        "La partition elle-même est illisible.",
    "The score itself is not ready.": "La partition elle-même n’est pas prête.",
    "The job does not say what to attach.":
        "Le travail ne dit pas quel fichier ajouter.",
    "Another job does not let go.": "Un autre travail n’a pas encore fini.",
    "The database refused to answer.":
        "La base de données a refusé de répondre.",
    "The job does not say what to remove.":
        "Le travail ne dit pas quel fichier retirer.",

    "The job does not say who leaves.": "Le travail ne dit pas qui s’en va.",
    "The job does not say what to mail.":
        "Le travail ne dit pas quel message envoyer.",
    "This worker sends no mail.": "Ce serveur n’envoie pas de messages.",
    "There is no memory for it.": "La mémoire du serveur n’y suffit pas.",
};

/* What the API says of accounts when it refuses: whole sentences. */
const refusals = {
    "A password has 8 characters or more.":
        "Un mot de passe a 8 caractères ou plus.",
    "A password has 1024 bytes at most.":
        "Un mot de passe a 1024 octets au plus.",
    ["This password is guessed early: others choose it often, or it is made of "
        + "your name, your address or a simple row. Some words that have "
        + "nothing to do with each other are good."]:
        "Ce mot de passe se devine vite\u00a0: d’autres le choisissent "
        + "souvent, ou il est fait de votre nom, de votre adresse ou d’une "
        + "simple suite. Quelques mots sans rapport entre eux conviennent.",
    "This is not your password.": "Ce n’est pas votre mot de passe.",
    "Too many passwords for this account were wrong: come back later.":
        "Trop de mots de passe faux pour ce compte\u00a0: revenez plus tard.",

    "An e-mail address looks like name@example.org.":
        "Une adresse e-mail ressemble à nom@example.org.",
    "This is too long for an e-mail address.":
        "C’est trop long pour une adresse e-mail.",
    "There can be no domain of this name.":
        "Aucun domaine ne peut porter ce nom.",
    "This is your address already.": "C’est déjà votre adresse.",
    "This address has become somebody else's.":
        "Cette adresse est devenue celle de quelqu’un d’autre.",
    "There is an account of this address.":
        "Il y a déjà un compte à cette adresse.",
    "There is an account of this address: sign in.":
        "Il y a déjà un compte à cette adresse\u00a0: connectez-vous.",
    ["This address was written to three times within the hour, or ten times "
        + "within the day."]:
        "Cette adresse a déjà reçu trois messages dans l’heure, ou dix dans la "
        + "journée.",
    ["An export is under way: wait for it, or remove it by DELETE "
        + "/api/me/export."]:
        "Un export est en cours\u00a0: attendez-le, ou arrêtez-le.",
    "Three exports were asked for within a day.":
        "Trois exports ont été demandés en un jour.",
    "Too many mails were asked for from there.":
        "Trop de messages ont été demandés depuis votre réseau.",

    "A text of 1 to 200 characters, or null.":
        "Un texte de 1 à 200 caractères.",
    "A language tag such as fr or en-GB, or null.":
        "Une langue, comme fr ou en-GB.",
    "One of viewer, editor, admin.": "Un des rôles proposés.",
    "There is no plan of this name.": "Aucune formule ne porte ce nom.",
    "Name what is to change: role, plan, disabled, name.":
        "Rien n’est à changer.",
    "The name of this account comes from elsewhere.":
        "Le nom de ce compte vient d’ailleurs.",
    "This is you: another admin may disable you.":
        "C’est vous\u00a0: un autre admin peut vous bloquer.",
    "This is you: DELETE /api/me.":
        "C’est vous\u00a0: votre page de compte le permet.",
    "This is the last admin: make somebody else one first.":
        "C’est le dernier admin\u00a0: nommez-en d’abord un autre.",
    "The id of a user.": "L’identifiant d’un compte.",
    "A word such as user-role.": "Un mot comme user-role.",
    "An id, or a path.": "Un identifiant, ou un chemin.",
    "A date and time as RFC 3339 has it.": "Une date.",
    'Take it from "next" of the page before.': "La suite de cette liste manque.",
    "A thousand of your invitations are open: take some back.":
        "Mille de vos invitations sont en attente\u00a0: retirez-en.",

    "Accounts are not made here.": "On ne crée pas de compte ici.",
    "An account is made by an invitation here.":
        "Ici, un compte se crée sur invitation.",
    "There is no such link.": "Ce lien n’existe pas.",
    "This link was used before.": "Ce lien a déjà servi.",
    "This link has expired: ask for a new one.":
        "Ce lien a expiré\u00a0: demandez-en un nouveau.",
    "Whoever invited you is no admin any more: ask for another invitation.":
        "Qui vous a invité n’est plus administrateur\u00a0: demandez une autre "
        + "invitation.",
    "This link is good for nothing any more: the account has changed.":
        "Ce lien n’ouvre plus rien\u00a0: le compte a changé.",

    "This code is wrong, or was used before.":
        "Ce code est faux, ou a déjà servi.",
    "The code is wrong, or was used before.":
        "Ce code est faux, ou a déjà servi.",
    "Six digits, as a text.": "Six chiffres.",
    "A recovery code, with or without its hyphens.":
        "Un code de secours, avec ou sans ses traits d’union.",
    "Too many codes for this account were wrong: come back later.":
        "Trop de codes faux pour ce compte\u00a0: revenez plus tard.",
    "Nothing has begun, or an hour ago: POST /api/me/totp.":
        "Rien n’est commencé, ou depuis plus d’une heure\u00a0: recommencez.",
    "They stand in for a second factor, and you have none.":
        "Ils remplacent un second facteur, et vous n’en avez pas.",
    "Passkeys are not taken on this server.":
        "Ce serveur ne prend pas de clés d’accès.",
    "You have no passkey.": "Vous n’avez pas de clé d’accès.",
    "You have twenty passkeys: remove one first.":
        "Vous avez trop de clés d’accès\u00a0: retirez-en une d’abord.",
    "This passkey is known already.":
        "Cette clé d’accès est déjà connue.",
    "A text of 1 to 100 characters.": "Un texte de 1 à 100 caractères.",
    "Either this, or email and password.":
        "Soit ceci, soit adresse e-mail et mot de passe.",
    "Without a password who holds it must be verified, by PIN, finger or face.":
        "Sans mot de passe, il faut un code, un doigt ou un visage.",
    "You have no authenticator: show a passkey, or a recovery code.":
        "Vous n’avez pas d’application\u00a0: montrez une clé d’accès, ou un "
        + "code de secours.",
    "Sign in with something else, remove it, and add it anew.":
        "Quelqu’un d’autre semble avoir une copie de cette clé d’accès\u00a0: "
        + "connectez-vous autrement, retirez-la, et ajoutez-la de nouveau.",
    "There is no second factor on this server.":
        "Il n’y a pas de second facteur sur ce serveur.",
    "You sign in elsewhere: a second factor is asked for there.":
        "Vous vous connectez ailleurs\u00a0: le second facteur est demandé "
        + "là-bas.",
    "You sign in elsewhere: your password is not kept here.":
        "Vous vous connectez ailleurs\u00a0: votre mot de passe n’est pas ici.",
    "You sign in elsewhere, and your name comes from there.":
        "Vous vous connectez ailleurs, et votre nom vient de là-bas.",
    "There is no password here that a second factor could be beside.":
        "Il n’y a pas ici de mot de passe auquel ajouter un second facteur.",
    "You are the last admin: make somebody else one first.":
        "Vous êtes le dernier admin\u00a0: désignez-en d’abord un autre.",
};

/* For sentences of which only the beginning is known. */
const about = {
    "The picture": "L’image n’est pas lisible ici.",
    "Reading the picture": "L’image n’est pas lisible ici.",
    "Looking into the picture": "L’image n’est pas lisible ici.",
    "The TIFF": "Le TIFF n’est pas lisible ici.",
    "The PDF": "Le PDF n’est pas lisible ici.",
    "The MusicXML": "Le MusicXML n’est pas lisible ici.",
    "The compressed MusicXML": "Le MusicXML n’est pas lisible ici.",
    "The MIDI": "Le MIDI n’est pas lisible ici.",
    "The film": "Le film n’est pas lisible ici.",
    "The file": "Le fichier n’est pas lisible ici.",
    "This file": "Le fichier n’est pas lisible ici.",
    "The page": "Une page n’a pas pu être faite.",
    "Page": "Une page n’a pas pu être faite.",
    "Marking the pages": "Une page n’a pas pu être faite.",
    "Looking at the pages": "Une page n’a pas pu être faite.",
    "Two programs": "Une page n’a pas pu être faite.",
    "": "Ce fichier n’a pas pu être traité.",
};

const FORMAT = /%(?:\.\d+|\.\*)?(?:l{0,2}[du]|f|s|\.\*s)/g;
const patterns = Object.entries(fr).map(([english, french]) => ({
    match: new RegExp(`^${english.split(FORMAT)
        .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
        .join("(.+)")}$`),
    french,
}));


/* text: media.error, a sentence of the server, perhaps with what a tool said
   behind a colon, or another sentence. */
export function french(text) {
    const known = own(text) ?? own(`${text.split(". ")[0].replace(/\.$/, "")}.`)
        ?? own(`${text.slice(0, Math.max(0, text.lastIndexOf(": ")))}.`);

    return known ?? about[Object.keys(about).find(
        (beginning) => beginning !== "" && text.startsWith(beginning)) ?? ""];
}


/* The same of a refusal; null when these are not its words. */
export function frenchRefusal(text) {
    return refusals[text] ?? null;
}


/* Does it have words of its own? */
function own(text) {
    for (const { match, french: words } of patterns) {
        const found = match.exec(text);

        if (found) {
            return words.replace(/\{(\d)\}/g, (whole, n) => found[n]);
        }
    }
    return null;
}
