main :-
    grow([]).

grow(Kept) :-
    length(Block, 10000),
    grow([Block|Kept]).
