"""Texts and the language that each is, written before the rules that they measure: one text a line."""

from __future__ import annotations

SQL = r"""
SELECT 10 % 3
select 10 % 3
SELECT a % 2 FROM t
select a % 2 from t
select a + 1 from t
select a, b from t where a > b
select a from t
SELECT DATE '2024-01-01'
select date '2024-01-01'
select timestamp '2024-01-01 10:00:00'
SELECT INTERVAL '1 day'
select interval 3 days
SELECT 1.50::DECIMAL(10,2)
select 1::varchar
select '5'::int + 1
select -5
select -(3 + 4)
SELECT NOT true
select true and false
select null
select 1 as a, 2 as b
select 'a' || 'b'
select 'it''s here'
SELECT "a" FROM "t"
select "first name", "last name" from "my people"
SELECT [1, 2, 3]
select [1, 2, 3][1]
select {'a': 1}.a
SELECT MAP {'a': 1}
select current_timestamp
select current_date - 1
select random()
select pi() * 2
select upper('x'), lower('Y')
select cast('1' as int)
SELECT CAST('2020-01-01' AS DATE)
select case when 1 = 1 then 'a' else 'b' end
select exists (select 1)
select (select max(a) from t)
select (1, 2)
select row(1, 2)
select x -> x + 1
select list_transform([1,2], x -> x + 1)
select extract(year from date '2020-01-01')
select substring('hello' from 2 for 3)
select 1 union select 2
select 1 union all select 2 order by 1
select 1 except select 2
select 1 where false
select * from t
select * from t;
select t.* from t
select * exclude (a) from t
select * replace (a + 1 as a) from t
select columns('a.*') from t
select distinct a from t
select distinct on (a) a, b from t order by a, b
select all a from t
select count(*) from t
select count(*), max(x) from t group by all
select a, count(*) n from t group by a having count(*) > 2
select a as b from t as u
select a b from t u
select t.a, u.b from t, u where t.id = u.id
select t.a from t join u using (id)
select t.a from t left join u on t.id = u.id
select * from t natural join u
select * from t cross join u
select * from t positional join u
select * from t asof join u on t.ts >= u.ts
select * from (select 1 as a) s
select * from (values (1, 2), (3, 4)) v(a, b)
select * from range(10)
select * from read_csv('a.csv')
select * from 'a.csv'
select * from s.t
select * from db.s.t
select * from t where a in (1, 2, 3)
select * from t where a is null
select * from t where a is not null
select * from t where a between 1 and 2
select * from t where name like 'A%'
select * from t where name ilike '%berg%'
select * from t where not (a = 1)
select * from t where exists (select 1 from u)
select * from t order by a desc nulls last limit 5 offset 2
select * from t limit 10
select * from t using sample 10%
select * from t tablesample 5 rows
select a, row_number() over (partition by b order by c) from t
select sum(a) filter (where b > 1) from t
select a from t qualify row_number() over (order by a) = 1
select unnest([1, 2])
select * from t where d > now() - interval 1 day
select name, spouse from astronauts where birthplace = 'Ohio' order by birth_date
select name from rivers
select name, length from rivers
select text from facts where means(text, 'is about music')
select ask(text, 'who is it about?') from facts
select classify(text, ['sports', 'politics']) from facts
select similarity(text, 'jazz') s from facts order by s desc
select 'Who lives in Oslo?'
select $1 + $2
select %s
select %(a)s
select name from people where birthplace = %(city)s
select name from people where name = $name
with a as (select 1) select * from a
with a as (select 1), b as (select 2) select * from a, b
with t(x) as (values (1)) select x from t
with recursive t(n) as (select 1 union all select n+1 from t where n < 5) select sum(n) from t
WITH a AS MATERIALIZED (SELECT 1) SELECT * FROM a
with a as (select 1) insert into t select * from a
(select 1)
(select 1) union all (select 2)
((select 1))
values (1), (2)
VALUES ('a', 1)
(values (1))
from t
FROM t
from t select a
from t select a where b > 1
from facts where id < 3
from t limit 3
FROM 'a.parquet' SELECT count(*)
table t
TABLE facts;
insert into t values (1)
insert into t (a, b) values (1, 'x')
insert into t default values
insert into t by name select 1 as a
insert or replace into t values (1)
insert or ignore into t values (1)
insert into t values (1) on conflict do nothing
insert into t values (1) returning *
insert into facts (text) values ('Who is Anna?')
INSERT INTO s.t SELECT * FROM u
insert into "my table" values (1)
insert into t from u
update t set a = 1
update t set a = 1, b = 2 where c = 3
update t as x set a = x.b
update s.t set a = a + 1
update t set a = 1 from u where t.id = u.id
delete from t
delete from t where a = 1
delete from t using u where t.id = u.id
DELETE FROM facts WHERE text LIKE '%Anna%';
delete from facts where means(text, 'about Bob')
truncate t
truncate table t
create table t (a int, b varchar)
create table t as select 1 as a
create table if not exists t (a int primary key)
create or replace table t as from u
create temp table t (a int)
create temporary table t as select 1
CREATE TABLE s.t (a DECIMAL(10, 2) NOT NULL DEFAULT 0)
create table "my table" (a int)
create view v as select 1
create or replace view v as select * from t
create schema s
create schema if not exists s
create index i on t (a)
create unique index i on t (a)
create sequence q start 1
create type mood as enum ('sad', 'ok')
create macro f(x) as x + 1
create or replace macro f(x) as table select x
create function f(x) as x + 1
create secret s (type s3)
drop table t
drop table if exists t cascade
drop view v
drop schema s
drop index i
drop sequence q
drop type mood
drop macro f
alter table t add column b int
alter table t drop column b
alter table t rename to u
alter table t rename a to b
alter table t alter a type bigint
alter table t alter column a set default 3
describe z
describe my_table
describe s.t
describe facts
describe table facts
describe select 1
DESCRIBE t
desc facts
describe 'a.csv'
describe t;
summarize facts
summarize select 1
summarize t1;
show tables
show all tables
show databases
SHOW TABLES
SHOW t
show tables from db
pragma version
pragma database_size
pragma table_info('t')
explain select 1
explain analyze select * from t
EXPLAIN SELECT a % 2 FROM t
explain insert into t values (1)
copy t to 'a.csv'
copy t to 'a.csv' (format csv, header)
copy (select * from t) to 'a.parquet'
copy t from 'a.csv'
copy t (a, b) from 'a.csv'
attach 'a.db'
attach 'a.db' as a (read_only)
attach if not exists 'a.db'
detach a
detach database a
use a
use memory.main
set threads = 4
set threads to 4
set global memory_limit = '1GB'
set variable x = 5
set search_path = 's'
reset threads
begin
begin transaction
start transaction
commit
rollback
abort
install json
load json
force install json
call pragma_version()
checkpoint
force checkpoint
vacuum
analyze
export database 'd'
import database 'd'
pivot t on a using sum(b)
unpivot t on a, b into name n value v
merge into t using u on t.id = u.id when matched then update set a = u.a
prepare q as select $1
execute q(1)
deallocate q
comment on table t is 'x'
comment on column t.a is 'x'
select nmae form people where a = 1
SELECT * FORM people
select * from t where
select count( from t
select name, from people
SELECT name FROM people WHERE birthplace = 'Oslo
insert into t vlaues (1)
update t set a 1 where b = 2
select name from people where name = 'who is it?'
select name from people where born < 1900 or died > 2000
select title from books where author = 'Anna' and year = 1990
select person from people where age > 30
select max(height) from mountains
SELECT MAX(height) FROM mountains
SELECT Name FROM People
select country, avg(height) as mean from mountains group by country
select one from t
select first, last from people
select the, an from t
select good, best from wines
SELECT a.b FROM a
select text from facts
select all text from facts
select any_value(a) from t
select min(a) from t where b = 'x'
select a/b from t
select a*b from t
select a-b from t
select a = b from t
select a is null from t
select a and b from t
select not a from t
select a::int from t
select a[1] from t
select a.b.c from t
select my from t
select each.x from each
select no, name from t
select order_id, total from orders where total >= 100
select e'a\nb'
select $$hello$$
select 1e10
select .5
select 0x1F
select 1_000_000
select 7 // 2, 7 / 2, 2 ** 3, 2 ^ 3
select 5 & 3, 5 | 3, ~5, 1 << 4
select 1 = 1
select 1 <> 2 as differ
select 3 in (1, 2, 3)
select 3 between 1 and 5
select 'a' like 'b%'
select 'abc' similar to 'a.*'
select 5 is null
select if(true, 1, 2)
select coalesce(null, 1)
select version()
select today()
select current_user
select array[1, 2]
select struct_pack(a := 1)
select 'a' collate nocase
select try_cast('x' as int)
select time '10:00'
select uuid()
select date_diff('day', date '2020-01-01', date '2020-02-01')
select '2020-01-01'::date - '2019-01-01'::date
select 5!
select @ -5
select 1 limit 0
select 1 from t
select 1, a from t
select 3 as rivers
/* c */ select 1
-- c
""".strip().replace("\n-- c", "").splitlines()

SPARQL = r"""
SELECT ?x WHERE { ?x ?p ?y }
select ?x where { ?x :knows :Anna }
select ?x { ?x :knows :Anna }
SELECT DISTINCT ?x { ?x a :person }
select reduced ?x { ?x a :person }
SELECT * { ?s ?p ?o } LIMIT 3
select * where { ?s ?p ?o } order by ?s
SELECT ?x ?y WHERE { ?x :brother ?y . FILTER(?x != ?y) }
SELECT (COUNT(*) AS ?n) { ?s ?p ?o }
select (count(?x) as ?n) where { ?x a :river } group by ?y
SELECT ?c (AVG(?h) AS ?m) { ?x :height ?h ; :country ?c } GROUP BY ?c
SELECT (1 + 1 AS ?two) {}
SELECT $x { $x ?p 1 }
SELECT ?x FROM <http://e/g> WHERE { ?x ?p ?y }
SELECT * FROM NAMED <http://e/g> { GRAPH ?g { ?s ?p ?o } }
ASK { ?who :birthplace :Ireland }
ask { ?who :birthplace 'Ireland' }
ASK WHERE { :Anna :livesIn :Oslo }
ask {}
ASK{?a ?b ?c}
CONSTRUCT { ?a :knows ?b } WHERE { ?b :knows ?a }
construct where { ?a :p ?b }
CONSTRUCT { ?a ?b ?c } FROM <http://e/g> WHERE { ?a ?b ?c }
DESCRIBE :Anna
describe :Anna_Berg
describe <http://e/anna>
DESCRIBE ?x { ?x a :person }
describe * where { ?x a :person }
DESCRIBE foaf:Person
PREFIX : <http://e/> SELECT ?x { ?x :p 1 }
prefix e: <http://e/> ask { e:a e:b e:c }
BASE <http://e/> SELECT ?x { ?x <p> 1 }
PREFIX a: <http://a/> PREFIX b: <http://b/> INSERT DATA { a:x b:y 1 }
INSERT DATA { :Anna :livesIn :Oslo }
insert data { :Anna :livesIn :Oslo }
INSERT DATA{:a :b :c}
INSERT { ?x :q ?y } WHERE { ?x :p ?y }
INSERT DATA { GRAPH <http://e/g> { :a :b :c } }
DELETE DATA { :a :b :c }
DELETE WHERE { ?x :p ?y }
delete { ?x :p ?y } where { ?x :p ?y }
DELETE { ?x :p ?y } INSERT { ?x :p 2 } WHERE { ?x :p ?y }
WITH <http://e/g> INSERT { ?x :q 1 } WHERE { ?x :p 1 }
LOAD <http://e/x.ttl> INTO GRAPH <http://e/g>
load silent <http://e/x.ttl>
CLEAR GRAPH <http://e/g>
CLEAR DEFAULT
clear all
CLEAR SILENT NAMED
DROP ALL
DROP SILENT GRAPH <http://e/g>
CREATE GRAPH <http://e/g>
create silent graph <http://e/g>
COPY <http://e/a> TO <http://e/b>
MOVE DEFAULT TO <http://e/b>
add graph <http://e/a> to default
SELECT ?x { VALUES ?x { 1 2 3 } }
SELECT ?x { { SELECT ?x { ?x ?p ?o } LIMIT 2 } }
SELECT ?who WHERE { ?who :livesIn 'Bergen' OPTIONAL { ?who :age ?a } }
SELECT ?x WHERE { ?x :says "SELECT a FROM t; Who?" }
SELECT ?x WHERE { ?x :knows+ :Anna } ORDER BY DESC(?x) LIMIT 5
SELECT ?x WHERE ?x :p :q
SELECT ?x WHERE { ?x :p
SELECT ?x, ?y WHERE { ?x :p ?y }
SELECT COUNT(?x) WHERE { ?x :p ?y }
explain select ?x { ?x :p ?y }
EXPLAIN ASK { :a :b :c }
""".strip().splitlines()

QUESTIONS = r"""
Create a list of cities
create a list of all cities in norway
Create a table of rivers and their lengths
Make a list of the mountains in Nepal
make me a list of cities
Generate a list of authors
Write a summary of what is known about Anna
Produce a table of ships and their lengths
Draw up a list of captains
Compile a list of all polar explorers
anna's brother
Anna's brother
anna's mother's birthplace
Norway's capital
the capital of norway
capital of norway
tallest mountain in norway
the tallest mountain in the world
population of bergen
rivers in norway
rivers longer than 1000 km
mountains higher than 3000 metres
birthplace of roald amundsen
everyone who was born in oslo
everybody who lives in bergen
people born in oslo
all rivers in norway
all the people who live in oslo
any mountains above 8000 metres
names of all the captains
Who led the expedition
who was born in ireland
Who was the captain of the Endurance?
what did amundsen reach
What ships were built in Dundee
which ship is longest
Which ships are longer than 50 metres and were built in Norway?
when did scott reach the south pole
Where is Denali
How long is the Fram
how long is the fram
how many mountains are in china
How many ships are displayed in Oslo or Dundee?
how high is k2 and where does it lie
in which year was scott born
By whom was the Fram designed?
at what height does it lie
since when has anna lived in oslo
Is K2 higher than Denali
is k2 in pakistan
Are all ships longer than 20 metres?
Was Scott born before Amundsen
were any ships built in scotland
Did Nansen win the Nobel Prize
does anybody live in oslo
Has anyone climbed K2
have you heard of Scott
Can you tell me who designed the Fram
could you give me the names of all ships
would you list the ships
will anna come
should anna move
Isn't Oslo the capital of Norway
wasn't scott born in 1868
doesn't anna live in oslo
List ships
list ships built in dundee
list all ships.
List the three highest mountains.
Show the ships
show me who was born in 1868
Show everything about Anna
give the height of denali
Give all names of ships
Tell me everything you know about Nansen
tell me more about the fram
count ships
Count the explorers who were born in Norway.
count how many ships there are
Find ships longer than 40 metres
find me a mountain in alaska
Name all explorers born after 1870
name a ship
Name the capital of Ireland
Identify the tallest mountain
Sort the ships by length
Order the mountains by height
rank ships by length
Compare K2 and Denali
Compute the average length of the ships
What's the average height
Calculate how much longer the Endurance is than the Fram
Return all ships
Get all captains
Fetch the birthplace of Scott
Print all facts about Oslo
Display the ships built in Norway
Select all ships built in Norway
select ships longer than 40 metres
Select the highest mountain
select three ships
select 3 ships
select 10 cities from norway
select a name from the list of people
select people who live in oslo
Select every ship that was built in Dundee
select cities near oslo
Describe the Fram
describe Amundsen
describe how the pole was reached
Summarize what Scott did
Summarise the life of Nansen
Explain why Scott was late
explain how scott died
Please tell me where Anna lives
please show all ships
Hi, who is Anna
Hello, where is Oslo?
so who won
And who was born in Oslo?
but why
why
who
What?
really?
I want a list of all ships
I want to know the height of K2
i need to know who designed the fram
I'd like to see all ships
I would like a list of ships
we need the names of all captains
do you know the height of K2
any idea who designed the fram
wondering who designed the fram
I am looking for ships built in Norway
looking for ships built in norway
Anna lives in Oslo, right?
Anna lives where?
The Fram was designed by whom?
whose captain was sverdrup
who's the captain of the fram
whos the captain of the fram
wheres oslo
hows anna
whens easter
how come scott was late
how about ships from Dundee
what about the discovery
What else
who else was born in ireland
what kind of ship is the fram
Out of all ships, which is the longest?
Of the ships built in Dundee, which is longest?
Among the explorers, who was born first?
If Anna was born in 1982, how old is she?
After 1900, who reached the pole?
Before Scott, who reached the South Pole
wHo LiVeS iN oSlO
WHAT IS THE CAPITAL OF NORWAY
LIST ALL SHIPS
waht is the height of k2
wich ships were built in norway
hwo many ships are there
lst all ships
number of ships
total number of ships built in dundee
average length of the ships
sum of all lengths
the number of mountains in nepal
Look up Anna's address
look for ships from dundee
Check whether Anna lives in Oslo
check if k2 is higher than denali
Verify that K2 lies in Pakistan
Pick a random ship
Choose the longest ship
Recommend a mountain
Suggest three ships
Search for ships
Let me know who designed the Fram
let me see all ships
Help me find the captain of the Fram
Group the mountains by country
filter the ships by country
Determine who was first
Figure out who was first
Work out the average length of the ships
Provide a list of mountains
Specify the birthplace of each explorer
With which ship did Nansen sail
update me on Anna
Insert which coin?
Drop which table?
use of the fram: what was it?
Is there a ship called Fram
is there any ship longer than 60 metres
Are there more mountains in Nepal or in China
Do ships sink
do ships sink
Does "SELECT 1" work?
What does INSERT INTO do
what is sql
explain the select statement
How do I delete a fact
How do I create a table
""".strip().splitlines()

STATEMENTS = r"""
Roald Amundsen was born in Borge, Norway, on 16 July 1872.
roald amundsen was born in borge
Scott reached the South Pole on 17 January 1912, five weeks after Amundsen.
scott reached the south pole in 1912
the fram is displayed in oslo
The Fram was designed by Colin Archer and is 39 metres long.
K2 has a height of 8,611 metres and lies in Pakistan and China.
k2 lies in pakistan
anna lives in oslo
Anna lives in Oslo
anna works for equinor
nils runs a bakery
Nils and Anna live in Oslo
nils and anna live in oslo
anna loves cheese
anna met nils in 1999
bach wrote the art of fugue
my brother lives in bergen
my dog is called Rex
my sister bought a car
I live in Oslo
i like cheese
we moved to bergen
they own a boat
she sings
he's a doctor
it's raining
She's Anna's sister
Anna's brother lives in Bergen
anna's brother lives in bergen
anna's brother is nils
Anna's married
cats eat mice
Penguins cannot fly.
people like anna
Norwegians love brown cheese.
water boils at 100 degrees
the sun rose at six
Oslo, the capital of Norway, has 700,000 inhabitants
All ships sink.
All rivers flow into the sea
Every ship has a captain.
No ship is longer than 60 metres
Some mountains are higher than 8000 metres
Select Committee members voted on Monday
The select committee met on Monday.
The user selected a name from the list.
Create is a verb.
Create Music Group was founded in 2015.
Created in 1990, the park is popular.
Drop City was a commune in Colorado.
Update 3 was released in May.
Update from Anna: she is fine.
Insert 2 is missing.
Delete key is broken
Set in Paris, the film tells of two friends.
Set the table is a song by The Band.
Values vary.
Use by 3 May.
Use your imagination was the advice.
Load balancing spreads requests.
Table tennis is popular in China
Table 3 is reserved for Anna.
Copy that was his answer.
Call me Ishmael.
Begin was prime minister of Israel.
Menachem Begin signed the treaty
Commit early, commit often.
Pivot tables are useful.
Show Boat is a musical.
Show jumping is a sport
Name recognition matters.
List was born in 1789.
Find-me apps are popular.
Order 66 destroyed the Jedi.
Order matters
Sort of blue is what she calls it.
Count von Count lives on Sesame Street
Mark Twain wrote Huckleberry Finn.
Will lives in Oslo.
May was cold.
Can is a German band.
Do Ho Suh was born in Seoul.
Art Garfunkel is a singer.
How to Train Your Dragon is a film.
What Women Want was released in 2000.
Who Framed Roger Rabbit is a film.
Where the Wild Things Are was written by Maurice Sendak.
When in Rome was filmed in 2010.
When Scott arrived, Amundsen had left.
What Anna said is true.
Who was king is unknown.
Whether she came is not known.
Why she left is unclear.
Whoever wins gets a prize.
How he did it remains a mystery.
In 1911 Amundsen reached the pole.
in 1911 amundsen reached the pole
On Friday, Anna leaves.
With 8,849 metres Everest is the highest mountain.
With Amundsen gone, Scott was alone.
From Oslo it is far to Bergen.
From 1990 she lived in Rome
By 1912 both had reached the pole.
After the race Scott died
Explain That is a podcast.
Describe Me is a song.
Ask Jeeves was a search engine.
ask is a village
Construct 2 is a game engine.
Prefix codes were studied by Huffman.
Base 10 is common.
Clear Lake is in Iowa.
clear lake is in iowa
Add-ons cost extra.
Move fast and break things was Facebook's motto.
Merge sort was invented by von Neumann.
Import duties rose in 2020.
Export prices fell
Execute Order 66 is a quote.
Prepare for rain.
Comment is free.
Reset buttons are red.
Start-ups are risky.
Attach Rates fell in 2020.
Vacuum cleaners are loud.
vacuum cleaners are loud
Analyze This is a film.
Abort the mission, said Anna.
Note: the shop is closed on Mondays.
Oslo: capital of Norway
Name: Anna Berg
Anna Berg, born 1982, engineer
Anna - engineer
"Who lives in Oslo?" is a question.
Anna asked who lives in Oslo.
Anna wonders where Nils is.
The question "why" was asked often.
Nobody knows who designed it.
It is unclear who won.
I know who lives in Oslo.
I don't know where Anna is.
I want a dog.
I need new shoes
I would like to thank my mother.
I like to list ships.
Please note that the shop is closed.
Remember that Anna likes tea.
remember that anna likes tea
Don't worry.
Never forget that Anna likes tea.
Thanks.
hello
hello world
ok
1 + 1 = 2
5 km is 3.1 miles
100 people attended
3 ships were built in Norway
Two thirds of the votes were lost.
Ein Haus steht in Oslo.
Anna vit à Oslo.
SELECT is a keyword of SQL.
"SELECT 1" is valid SQL.
The query SELECT * FROM t reads all rows.
Insert into the slot a coin.
Delete files with care.
Update your records: Anna has moved.
The Ask was a film from 2010.
is-a relations are common
ANNA LIVES IN OSLO
anna lives in oslo; nils lives in bergen
Anna lives in Oslo!
Anna was born in 1982 (in Oslo)
e=mc2
""".strip().splitlines()

RETRACTIONS = r"""
Forget that K2 lies in China.
forget that scott was born in 1868
forget everything about scott
Forget what I said about Anna.
please forget anna's address
Delete the fact that Anna lives in Oslo.
delete all facts about nils
Delete everything you know about Bob
Remove the fact that Nils runs a bakery
remove all facts about anna
Retract that Anna lives in Oslo.
Erase everything about Nils.
It is no longer true that Nils runs a bakery.
it is not true that anna lives in oslo
It isn't true that Anna lives in Oslo.
""".strip().splitlines()

CASES = [
    (language, text)
    for language, texts in (
        ("sql", SQL),
        ("sparql", SPARQL),
        ("question", QUESTIONS),
        ("statement", STATEMENTS),
        ("retraction", RETRACTIONS),
    )
    for text in texts
]
