"""Words that say nothing of what a text is about, in the languages of most campaigns.

French words stand as they do once a text is cut at its apostrophes: "qu’elle" is `qu` and
`elle`. What people write without accents is there without them too.
"""

from __future__ import annotations

FRENCH = frozenset(
    """
    ah ai aie aient aies ailleurs ainsi ait alors apres après as assez au aucun aucune aujourd
    auquel aura aurai auraient aurais aurait aurez auriez aurions aurons auront aussi autant
    autre autres aux auxquelles auxquels avaient avais avait avant avec avez aviez avions avoir
    avons ayant ayez ayons beaucoup bien bon bonne ca car ce ceci cela celle celles celui
    cependant certaines certains ces cet cette ceux chacun chacune chaque chez ci combien comme
    comment contre ça dans de depuis derriere derrière des desormais dessous dessus deux devant
    devoir devons devrait désormais doit doivent donc dont du durant eh elle elles en encore
    enfin ensuite entre envers es est et etaient etais etait etant ete etes etre eu eue eues
    eurent eus eut eux étaient étais était étant été êtes être faire fais faisons fait faites
    faut fois font furent fut hors hui il ils je jusqu jusque la laquelle là le lequel les
    lesquelles lesquels leur leurs lorsqu lorsque lui ma maintenant mais mal malgre malgré me
    meme memes mes même mêmes mien mienne miens mieux moi moins mon ne ni non nos notre nous
    nôtre on ont or ou oui où par parce parfois parmi partout pas pendant peu peut peuvent peux
    plus plusieurs plutot plutôt pour pourquoi pourtant pouvez pouvoir pouvons presque pu puis
    puisqu puisque qu quand quant que quel quelle quelles quelqu quelque quelques quels qui quoi
    quoique rien sa sans sauf se sera serai seraient serais serait serez seriez serons seront
    ses seulement si sien sienne siens soi soient sois soit sommes son sont sous souvent soyez
    soyons suis sur surtout ta tandis tant te tel telle telles tels tes toi ton toujours tous
    tout toute toutefois toutes tres très trop tu un une va vais vas vers veut veux voici voila
    voilà vont vos votre voulez vous vôtre vraiment vu
    """.split()  # noqa: SIM905
)

#: What sklearn's list of English words lacks: what is left of words cut at their apostrophes.
ENGLISH_REMNANTS = frozenset(
    """
    ain aren couldn didn doesn don hadn hasn haven isn let ll re shouldn ve wasn weren won wouldn
    """.split()  # noqa: SIM905
)
