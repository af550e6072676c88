-module(main).
-export([main/0]).

main() -> grow([]).

grow(Kept) -> grow([binary:copy(<<"x">>, 1048576) | Kept]).
