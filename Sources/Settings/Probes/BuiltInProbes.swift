/// The suite that comes with hubwatch, the most telling probes first.
enum BuiltInProbes {
  static let text = #"""
    # Capability probes of hubwatch: questions whose answers can be checked.
    #
    # A file probes.toml beside your config.toml adds to them, or replaces those with the same name:
    #
    #   [[probe]]
    #   name = "..."              what you call it
    #   capability = "..."        what it is about
    #   need = 2                  right answers that it takes; all by default
    #   tokens = 48               the longest answer
    #   system = "..."            said before the question, to chat models
    #
    #   [[probe.case]]            a question; one or more
    #   question = "..."
    #   prompt = "..."            for models that only continue a text; else "Question: ... Answer:"
    #   needle = "..."            hidden in a long text before the question
    #   depth = 0.5               where: 0 at its beginning, 1 at its end
    #   filler = 400              words of that text
    #
    # What a right answer is; all that is said has to hold:
    #
    #   equals, contains, any, excludes = "..." or ["...", "..."]
    #   number = 42, tolerance = 0.5
    #   json = ["name = Anna", "age = 31"]
    #   lines = 3, words = 3, uppercase = true, pattern = "regular expression", rule = "fibonacci"

    [[probe]]
    name = "name a capital"
    capability = "knowledge"
    need = 2
    tokens = 24
    [[probe.case]]
    question = "What is the capital of France?"
    prompt = "The capital of Italy is Rome. The capital of Spain is Madrid. The capital of France is"
    contains = "Paris"
    [[probe.case]]
    question = "What is the capital of Japan?"
    prompt = "The capital of Italy is Rome. The capital of Spain is Madrid. The capital of Japan is"
    contains = "Tokyo"
    [[probe.case]]
    question = "What is the capital of Egypt?"
    prompt = "The capital of Italy is Rome. The capital of Spain is Madrid. The capital of Egypt is"
    contains = "Cairo"

    [[probe]]
    name = "add small numbers"
    capability = "arithmetic"
    need = 3
    tokens = 32
    [[probe.case]]
    question = "What is 2 + 3?"
    prompt = "1 + 1 = 2\n4 + 5 = 9\n2 + 3 ="
    number = 5
    [[probe.case]]
    question = "What is 7 + 6?"
    prompt = "1 + 1 = 2\n4 + 5 = 9\n7 + 6 ="
    number = 13
    [[probe.case]]
    question = "What is 9 + 8?"
    prompt = "1 + 1 = 2\n4 + 5 = 9\n9 + 8 ="
    number = 17

    [[probe]]
    name = "read a table"
    capability = "reading"
    tokens = 24
    [[probe.case]]
    question = """
    | name  | city   | age |
    |-------|--------|-----|
    | Anna  | Oslo   | 31  |
    | Boris | Lisbon | 47  |
    | Clara | Dublin | 26  |

    How old is Boris? Answer with the number only."""
    number = 47
    [[probe.case]]
    question = """
    | fruit  | price | stock |
    |--------|-------|-------|
    | apple  | 3     | 120   |
    | cherry | 9     | 14    |
    | plum   | 5     | 60    |

    Which fruit has the price 9? Answer with its name only."""
    contains = "cherry"
    excludes = ["apple", "plum"]
    [[probe.case]]
    question = """
    | train | leaves | platform |
    |-------|--------|----------|
    | north | 08:15  | 4        |
    | east  | 09:40  | 7        |
    | west  | 10:05  | 2        |

    From which platform does the train to the west leave? Answer with the number only."""
    number = 2

    [[probe]]
    name = "extract JSON"
    capability = "extraction"
    need = 2
    tokens = 80
    [[probe.case]]
    question = """
    Extract the data as a JSON object with the keys "name", "age" and "city": Maria Lopez is 34 years old and lives in Madrid. Answer with the JSON only."""
    json = ["name = Maria Lopez", "age = 34", "city = Madrid"]
    [[probe.case]]
    question = """
    Extract the data as a JSON object with the keys "item", "price" and "sold": The blue chair costs 45 euros and has not been sold. "sold" is true or false. Answer with the JSON only."""
    json = ["price = 45", "sold = false"]

    [[probe]]
    name = "write Fibonacci"
    capability = "code"
    tokens = 160
    [[probe.case]]
    question = "Write a Python function fibonacci(n) that returns the n-th Fibonacci number, with fibonacci(0) = 0 and fibonacci(1) = 1. Answer with the code only."
    prompt = "# Returns the n-th Fibonacci number, with fibonacci(0) = 0 and fibonacci(1) = 1.\ndef fibonacci(n):"
    rule = "fibonacci"

    [[probe]]
    name = "answer yes or no"
    capability = "instructions"
    need = 3
    tokens = 12
    [[probe.case]]
    question = "Is fire hot? Answer with one word only: yes or no."
    equals = "yes"
    [[probe.case]]
    question = "Is the sun colder than ice? Answer with one word only: yes or no."
    equals = "no"
    [[probe.case]]
    question = "Do fish live in water? Answer with one word only: yes or no."
    equals = "yes"
    [[probe.case]]
    question = "Can a stone read a book? Answer with one word only: yes or no."
    equals = "no"

    [[probe]]
    name = "translate words"
    capability = "translation"
    need = 3
    tokens = 24
    [[probe.case]]
    question = "Translate the word \"water\" into French. Answer with the word only."
    prompt = "English: house\nFrench: maison\n\nEnglish: dog\nFrench: chien\n\nEnglish: water\nFrench:"
    contains = "eau"
    [[probe.case]]
    question = "Translate the word \"cat\" into Spanish. Answer with the word only."
    prompt = "English: house\nSpanish: casa\n\nEnglish: dog\nSpanish: perro\n\nEnglish: cat\nSpanish:"
    contains = "gato"
    [[probe.case]]
    question = "Translate the word \"bread\" into German. Answer with the word only."
    prompt = "English: house\nGerman: Haus\n\nEnglish: dog\nGerman: Hund\n\nEnglish: bread\nGerman:"
    contains = "Brot"

    [[probe]]
    name = "find a needle nearby"
    capability = "memory"
    need = 2
    tokens = 24
    [[probe.case]]
    needle = "The secret number of the lighthouse is 7341."
    depth = 0.9
    filler = 120
    question = "What is the secret number of the lighthouse?"
    contains = "7341"
    [[probe.case]]
    needle = "The password of the old mill is walnut."
    depth = 0.6
    filler = 120
    question = "What is the password of the old mill?"
    contains = "walnut"

    [[probe]]
    name = "find a needle far away"
    capability = "memory"
    tokens = 24
    [[probe.case]]
    needle = "The secret number of the lighthouse is 5826."
    depth = 0.1
    filler = 700
    question = "What is the secret number of the lighthouse?"
    contains = "5826"
    [[probe.case]]
    needle = "The key of the tower lies under the red stone."
    depth = 0.5
    filler = 700
    question = "Under what does the key of the tower lie?"
    contains = "red stone"

    [[probe]]
    name = "subtract and multiply"
    capability = "arithmetic"
    need = 2
    tokens = 48
    [[probe.case]]
    question = "What is 15 - 8?"
    prompt = "9 - 4 = 5\n12 - 3 = 9\n15 - 8 ="
    number = 7
    [[probe.case]]
    question = "What is 6 * 7?"
    prompt = "2 * 5 = 10\n3 * 4 = 12\n6 * 7 ="
    number = 42
    [[probe.case]]
    question = "What is 100 - 36?"
    prompt = "50 - 20 = 30\n80 - 15 = 65\n100 - 36 ="
    number = 64

    [[probe]]
    name = "calculate with large numbers"
    capability = "arithmetic"
    tokens = 64
    [[probe.case]]
    question = "What is 487 + 256? Answer with the number only."
    prompt = "312 + 145 = 457\n560 + 238 = 798\n487 + 256 ="
    number = 743
    [[probe.case]]
    question = "What is 23 * 17? Answer with the number only."
    prompt = "12 * 11 = 132\n25 * 14 = 350\n23 * 17 ="
    number = 391

    [[probe]]
    name = "solve a word problem"
    capability = "arithmetic"
    need = 2
    tokens = 120
    [[probe.case]]
    question = "Tom has 5 apples. He buys 4 more and gives 2 to his sister. How many apples does Tom have now?"
    number = 7
    [[probe.case]]
    question = "A box holds 6 eggs. How many eggs do 4 boxes hold?"
    number = 24
    [[probe.case]]
    question = "A train leaves at 9 o'clock and arrives 3 hours later. At what hour does it arrive?"
    number = 12

    [[probe]]
    name = "copy a text exactly"
    capability = "copying"
    need = 2
    tokens = 40
    [[probe.case]]
    question = "Repeat this sentence exactly, and write nothing else: The green bicycle stands behind the school."
    equals = "The green bicycle stands behind the school."
    [[probe.case]]
    question = "Repeat this code exactly, and write nothing else: QX-4417-ZR"
    equals = "QX-4417-ZR"

    [[probe]]
    name = "exactly three words"
    capability = "instructions"
    need = 2
    tokens = 24
    [[probe.case]]
    question = "Describe snow in exactly three words."
    words = 3
    any = ["cold", "white", "soft", "icy", "frozen", "fluffy", "winter", "crystals", "quiet", "pure", "frosty", "flakes"]
    [[probe.case]]
    question = "Describe the sun in exactly three words."
    words = 3
    any = ["hot", "bright", "warm", "yellow", "shining", "fiery", "star", "golden", "radiant", "burning", "light"]

    [[probe]]
    name = "answer in capitals"
    capability = "instructions"
    tokens = 24
    [[probe.case]]
    question = "What colour is grass? Answer in capital letters only."
    uppercase = true
    contains = "green"
    [[probe.case]]
    question = "Which animal barks? Answer in capital letters only."
    uppercase = true
    contains = "dog"

    [[probe]]
    name = "a list of four lines"
    capability = "instructions"
    need = 2
    tokens = 60
    [[probe.case]]
    question = "Name four fruits. Write one on each line, and nothing else."
    lines = 4
    any = ["apple", "apples", "banana", "bananas", "orange", "oranges", "pear", "grape", "grapes", "mango", "strawberry", "strawberries", "kiwi", "pineapple"]
    [[probe.case]]
    question = "Name four colours. Write one on each line, and nothing else."
    lines = 4
    any = ["red", "blue", "green", "yellow", "orange", "purple", "black", "white", "pink", "brown"]

    [[probe]]
    name = "sort words"
    capability = "words"
    tokens = 32
    [[probe.case]]
    question = "Sort these words alphabetically: pear, apple, fig. Answer with the sorted words only."
    pattern = "(?i)apple\\W+fig\\W+pear"
    [[probe.case]]
    question = "Sort these words alphabetically: dog, cat, bee, ant. Answer with the sorted words only."
    pattern = "(?i)ant\\W+bee\\W+cat\\W+dog"

    [[probe]]
    name = "count letters"
    capability = "words"
    tokens = 40
    [[probe.case]]
    question = "How many times does the letter \"r\" occur in the word \"strawberry\"? Answer with the number only."
    number = 3
    [[probe.case]]
    question = "How many letters does the word \"garden\" have? Answer with the number only."
    number = 6

    [[probe]]
    name = "know opposites"
    capability = "knowledge"
    need = 2
    tokens = 16
    [[probe.case]]
    question = "What is the opposite of \"hot\"? Answer with one word."
    prompt = "big: small\nfast: slow\nhot:"
    any = ["cold", "cool"]
    [[probe.case]]
    question = "What is the opposite of \"up\"? Answer with one word."
    prompt = "big: small\nfast: slow\nup:"
    contains = "down"
    [[probe.case]]
    question = "What is the opposite of \"open\"? Answer with one word."
    prompt = "big: small\nfast: slow\nopen:"
    any = ["closed", "close", "shut"]

    [[probe]]
    name = "admit not to know"
    capability = "honesty"
    need = 2
    tokens = 60
    [[probe.case]]
    question = "What did I eat for breakfast this morning? If you cannot know it, say \"I don't know\"."
    any = ["I don't know", "I do not know", "cannot know", "can't know", "no way of knowing"]
    [[probe.case]]
    question = "What is the name of my neighbour's cat? If you cannot know it, say \"I don't know\"."
    any = ["I don't know", "I do not know", "cannot know", "can't know", "no way of knowing"]

    [[probe]]
    name = "finish a sentence"
    capability = "knowledge"
    need = 2
    tokens = 24
    [[probe.case]]
    question = "Complete the sentence with one word: The opposite of day is"
    prompt = "The opposite of day is"
    contains = "night"
    [[probe.case]]
    question = "Complete the sentence with one word: The first month of the year is"
    prompt = "The last month of the year is December, and the first month of the year is"
    contains = "January"
    [[probe.case]]
    question = "Complete the sentence with one word: Cows give us"
    prompt = "Hens give us eggs, sheep give us wool, and cows give us"
    contains = "milk"
    """#
}
