"""What is posted: themes, places out of a tale, and sentences to fill with them."""

from __future__ import annotations

from typing import NamedTuple

from data.model import Network


class Theme(NamedTuple):
    """What a campaign is about, and how much there is of it."""

    id: str
    title: str
    hashtags: tuple[str, ...]  # the first is the campaign's own
    demands: tuple[str, ...]
    posts_a_day: float
    organisations: tuple[Network, ...]


THEMES = (
    Theme(
        "demo-bancs",
        "Des bancs pour toutes",
        (
            *("DesBancsPourToutes", "ÉcolePourToutes", "UneChaiseUnAvenir"),
            *("BancsVides", "ToutesEnClasse", "LaSalleEstOuverte"),
        ),
        (
            "une place en classe pour chaque fille",
            "des bancs, des cahiers et une porte ouverte",
            "que plus une élève ne s’assoie par terre",
            "une salle éclairée pour les révisions du soir",
            "des toilettes fermées, pour que les grandes restent à l’école",
            "un repas à midi, parce qu’on n’apprend pas le ventre vide",
            "que le chemin de l’école soit sûr",
            "que celles qui ont quitté la classe puissent y revenir",
        ),
        7.4,
        (
            *(Network.X, Network.X, Network.X, Network.X),
            *(Network.BLUESKY, Network.MASTODON, Network.YOUTUBE, Network.YOUTUBE),
        ),
    ),
    Theme(
        "demo-radio",
        "Une radio à nous",
        ("UneRadioÀNous", "MicroOuvert", "OnVousÉcoute"),
        (
            "un micro ouvert une heure par jour",
            "que chaque quartier raconte lui-même ses nouvelles",
            "des émissions dans toutes nos langues",
            "que l’on puisse poser ses questions à l’antenne",
        ),
        6.4,
        (Network.X, Network.X, Network.BLUESKY, Network.YOUTUBE),
    ),
    Theme(
        "demo-puits",
        "Un puits par quartier",
        ("UnPuitsParQuartier", "EauClaire", "ÀDixMinutesDeChezMoi"),
        (
            "de l’eau claire à dix minutes de chaque maison",
            "que les seaux ne prennent plus la matinée",
            "un puits que le quartier entretient lui-même",
            "que l’on publie la qualité de l’eau",
        ),
        4.0,
        (Network.X, Network.X, Network.MASTODON),
    ),
)

# Places out of a tale, so that nobody takes these posts for news.
PLACES = (
    *("Sept-Manguiers", "Pont-du-Conte", "Haut-Nuage", "Bois-Rêvé", "Trois-Chaises"),
    *("Lagune-Bleue-d’Ailleurs", "Nulle-Part-sur-Mer", "Colline-qui-Chante"),
)
OPENINGS = (
    "Aujourd’hui à {place}, nous étions nombreux pour demander ceci : {demand}.",
    "À {place}, une seule idée sur toutes les lèvres : {demand}.",
    "Ce que {place} attend depuis trop longtemps : {demand}.",
    "Nous le disons avec {place} : {demand}.",
    "Une élève de {place} nous a écrit. Elle demande {demand}.",
    "Demain, rendez-vous sur la place de {place} pour demander {demand}.",
    "{place} l’a fait en un mois ; partout ailleurs nous voulons {demand}.",
    "Question simple, posée ce matin à {place} : qui refuserait {demand} ?",
)
CLOSINGS = (
    "Partagez !",
    "Signez et faites signer.",
    "Merci à celles et ceux qui étaient là.",
    "On continue.",
    "Qui vient avec nous ?",
    "Racontez-nous comment c’est chez vous.",
    "Photos ce soir.",
    "C’est possible, et c’est maintenant.",
)
ENGLISH = (
    "In {place} we ask for one simple thing, and we ask together.",
    "A short walk through {place} today: everyone signed.",
    "{place} showed that it can be done. Pass it on.",
)
# Ewe for “welcome” and “thank you”.
GREETINGS = ("Woezɔ !", "Akpe !")
REPLIES = (
    "Bravo à toute l’équipe de {place} !",
    "Chez nous à {place}, c’est pareil.",
    "J’ai signé. Et vous ?",
    "Comment peut-on aider depuis {place} ?",
    "Je ne suis pas d’accord avec tout, mais merci d’en parler.",
    "Très juste.",
    "On en parle en classe demain.",
    "Il faudrait aussi penser à {place}.",
    "Je partage dans mon groupe.",
    "Et qui va payer ?",
    "Enfin !",
    "Ma sœur était là, elle est revenue ravie.",
)
QUOTES = (
    "À lire, surtout si vous passez par {place}.",
    "Voilà pourquoi je soutiens cette campagne.",
    "Ce message vient de {place}, et il compte.",
    "Exactement ce que nous vivons à {place}.",
    "Faites tourner.",
    "Je n’aurais pas dit mieux.",
)
PRESS = (
    "Toute la presse de {place} en parle ce matin : {demand}.",
    "À la une aujourd’hui : {demand}. Même {place} s’y met.",
)
