"""English word lists and sentence patterns that the analysis goes by."""

from __future__ import annotations

import re

from app.lectures.wording import word_set

HESITATIONS = word_set(
    """
    um umm uh uhm erm er mm mhm hm hmm eh
    """
)

# Words that may stand twice in a row on purpose.
MEANT_TWICE = word_set(
    """
    very really many much long far had that log no never so again big bye ha
    """
)

# "sort of" and "kind of" are fillers after these, and nouns after a determiner ("a kind of graph").
HEDGE_AFTER = word_set(
    """
    is are was were be been it's that's he's she's they're we're you're i'm we you i they it just
    and but so can do does did to really gets get got looks look feels
    """
)

OPENERS = word_set(
    """
    okay ok alright so now well right and yeah yes anyway basically
    """
)
TAGS = (("you", "know"), ("right",), ("okay",), ("ok",), ("yeah",), ("isn't", "it"))

CUES = re.compile(
    r"\b(remember|key (?:point|idea|thing|insight|message|question)|(?:most |very |really )?important|"
    r"crucial(?:ly)?|essential(?:ly)?|in (?:summary|short|general|other words)|to (?:summarize|sum up)|"
    r"the point is|(?:is|are|was) (?:called|defined|known)|means that|the (?:main|central|basic|big) "
    r"\w+|in conclusion|therefore|as a result|the reason|the (?:dis)?advantage|always|never)\b",
    re.I,
)

TOLD_TO_REMEMBER = re.compile(
    r"\b(remember (?:that|this)|don't forget|the (?:key|main|most important|central) (?:point|idea|"
    r"thing|message)|the point is|important to (?:remember|know|note|understand)|take[- ]?away|"
    r"crucial)\b",
    re.I,
)

# Leans on something pointed at, within the sentence.
POINTING = re.compile(r"\b(?:in|of|to|by|for|from|with|on|at) (?:that|this|these|those|it|them)\b", re.I)

# What is said about the lecture, not about its subject.
ORGANISATION = re.compile(
    r"\b(good (?:morning|afternoon|evening)|welcome|thank you|thanks|hello|see you|next (?:week|lecture|"
    r"time|slide|class)|(?:last|previous) (?:week|lecture|time)|homework|exam|assignment|let's (?:get "
    r"started|start|begin|move)|by the end of|(?:any|more) questions|today(?:,? we|,? i|'s| is)\b|(?:we|"
    r"i)(?:'ll| will| are going to|'re going to) (?:see|talk|look|discuss|cover|come back|start|begin)|"
    r"let me |let us |(?:our|my|the) (?:\w+ )?(?:first|second|third|fourth|fifth|next|last) question|"
    r"(?:this|our|the) picture|here you see|after that we|then we (?:follow|look|see|ask|turn)|"
    r"hear me|(?:this|the next|my) (?:slide|lecture|video)|as (?:you can see|i said)|"
    r"i (?:said|mentioned)|"
    r"somebody asked|(?:so )?far we|in this (?:lecture|video|talk)|take a break)\b",
    re.I,
)

TURN = re.compile(
    r"^(?:(?:okay|ok|so|alright|right|now|and|well),? )*(?:let's|let us|now let|let me|we(?:'ll| will| "
    r"can)? now|next,?|turning|moving on|(?:the|a|our|my) (?:next|second|third|fourth|fifth|last|final|"
    r"other|another) (?:topic|part|thing|point|question|strategy|type|kind|step|stage)|another |finally|"
    r"what about|how about|to (?:sum up|summarize|conclude))",
    re.I,
)

# A sentence that leans on the one before it. "That" and "this" lean where a verb follows, not a noun.
DANGLING = re.compile(
    r"^(?:it|its|it's|they|their|they're|them|he|she|his|her|these|those|there|here|such|either|neither|"
    r"both|(?:this|that)(?:'s)? (?:is|was|are|means|gives|makes|has|can|will|would|one|way|happens|also|"
    r"does|tells|takes|leads|works|allows|\w+ed)|(?:this|that)'s|(?:this|that|these|those) \w+ (?:is|"
    r"are|was|were)|the same|in (?:this|that|the same) (?:case|way)|the (?:second|first|third|other|"
    r"next|last|answer|idea|former|latter) (?:one|is|was)|another|which|because|instead|otherwise|also|"
    r"then|or|for (?:example|instance)|by (?:that|this)|not (?:only|just)|(?:and|but|so) (?:it|this|"
    r"that|they|these|those|then|he|she|there|here)|(?:and|so) the \w+ is (?:yes|no)|again|if you do|we "
    r"(?:call|write) (?:it|this|that))\b",
    re.I,
)

PRONOUNS = word_set(
    """
    i you he she it we they this that these those there here what which who one something someone
    everyone everybody somebody nobody anything everything all some many most others each both
    either such
    """
)

# Content words that name nothing by themselves: never a key term, nor its first or last word.
NOT_TERMS = word_set(
    """
    million thousand hundred percent half quarter dozen advantage disadvantage benefit drawback
    phenomenon effect result message able actual actually add again ago allow amount anybody answer
    ask bad become becomes begin better big bit bring call called calls case cases cause causes
    certain change changes chapter class come comes compute costs couple course day decide depend
    depends describe describes different difficult does doing easily easy effect empty end entire
    even example examples exactly expect explain explains extra fact fairly far faster fill find
    finds fine five follow follows forget form four generally get gets getting give given gives go
    goes going gone good got great guess half happen happened happens help helps hold holds hope
    hour hours idea imagine important increase interesting introduction kind kinds know known large
    larger lead leads leave lecture lectures left let life list little live lives longer look
    looking looks lot lots made main make makes making mean means minute minutes moment morning move
    moves moving need needs new nice number numbers obviously order outline overview part particular
    parts people place point points possible power pretty problem problems process put question
    questions quickly quite rare rarely read reads reason remember right run runs said say saying
    says secondly section see seen show shows side similar simply size slide slides small sort
    sounds speaking spend stand start started starts stay step steps stop stops strategy student
    study sum summary suppose sure take taken takes talk talking tell tells ten term terms test
    thing things think third thirty thursday time times topic topics tricky true try turn turns type
    types understand unlikely usage use used useful user uses using usually value values various
    want wants way ways week weeks whole word words work works worst write year years zero agenda
    references recap monday tuesday wednesday friday today tomorrow yesterday autumn fall
    january february june july professor dr university cont continued completely probably enough
    instead directly often basically essentially slightly happening coming looked talked wanted
    needed tried thought noticed notice consider higher lower bigger smaller best strongly greater
    common expensive cheap friendly occur occurs becoming consists contain contains includes include
    requires require provide provides reach reaches arrive arrives return returns keep keeps stored
    stores store insert inserting back front top bottom
    """
)

# Adjectives that name nothing by themselves but may begin a term ("open addressing").
MODIFIERS = word_set(
    """
    open closed short long full high low general simple single double linear free hard slow fast
    constant expected strong weak real close near early young old
    """
)

GENERIC_TITLE = re.compile(
    r"^(?:agenda|outline|overview|contents|table of contents|plan|today|(?:\w+ )?questions?\??|"
    r"references|bibliography|thank you.*|thanks.*|example|examples|exercise|figure|the end|discussion|"
    r"q ?& ?a|recap|break)$",
    re.I,
)
SUMMARY_TITLE = re.compile(
    r"^(?:(?:in )?(?:summary|conclusions?|summing up|take[- ]?aways?|key points)|"
    r"(?:what |things |points )?to remember|what you should (?:know|remember))\b",
    re.I,
)
TITLE_CONTINUED = re.compile(
    r"\s*(?:[\(\[]?\b(?:cont(?:inued|['’]?d|\.)?|part \w+|\d{1,2}\s*(?:/|of)\s*\d{1,2}|"
    r"[ivx]{1,4})\b\.?[\)\]]?|[\(\[]\d{1,2}[\)\]]|:? \d{1,2})\s*$",
    re.I,
)
