import Domain
import Testing

@testable import Smoke

@Suite("Answers to probes")
struct AnswerCheckTests {
  private func fault(_ answer: String, question: String = "", _ fill: (inout ProbeCheck) -> Void) -> String? {
    var check = ProbeCheck()
    fill(&check)
    return AnswerCheck.fault(answer, check, question: question)
  }

  @Test(arguments: [
    ("Yes", true), ("yes.", true), (" \"Yes\"\n", true), ("**YES**", true), ("yes, it is", false), ("no", false),
    ("", false),
  ])
  func equalsForgivesQuotesAndFullStops(_ answer: String, _ isRight: Bool) {
    #expect((fault(answer) { $0.equals = ["yes"] } == nil) == isRight)
  }

  @Test(arguments: [
    ("The capital is Paris.", true), ("PARIS", true), ("Parisian", false), ("comparison", false), ("“Paris”", true),
    ("paris-like", true),
  ])
  func containsLooksForWords(_ answer: String, _ isRight: Bool) {
    #expect((fault(answer) { $0.contains = ["Paris"] } == nil) == isRight)
  }

  @Test func allAnyAndNone() {
    #expect(fault("cats and dogs") { $0.contains = ["cats", "dogs"] } == nil)
    #expect(fault("cats") { $0.contains = ["cats", "dogs"] }?.contains("dogs") == true)
    #expect(fault("It is cold.") { $0.any = ["cold", "cool"] } == nil)
    #expect(fault("It is warm.") { $0.any = ["cold", "cool"] } != nil)
    #expect(
      fault("apple, cherry") {
        $0.contains = ["cherry"]
        $0.excludes = ["apple"]
      } == "with “apple”")
    #expect(fault("日本語です") { $0.contains = ["日本語"] } != nil, "no word of its own")
    #expect(fault("東京。") { $0.contains = ["東京"] } == nil)
  }

  @Test(arguments: [
    ("42", true), ("The answer is 42.", true), ("17 + 25 = 42", true), ("42, because 17 + 25 = 42", true),
    ("41", false), ("I think 42, no, 43", false), ("17 + 25", false), ("forty-two", false), ("-42", false),
    ("40 41 42 43 44 45 42", false), ("42.0", true), ("$42", true),
  ])
  func theNumberIsTheOneThatTheAnswerComesTo(_ answer: String, _ isRight: Bool) {
    #expect((fault(answer, question: "What is 17 + 25?") { $0.number = 42 } == nil) == isRight)
  }

  @Test func numbersHaveSignsCommasAndTolerance() {
    #expect(AnswerCheck.numbers("1,234.5 and -3, A-3, 7-3, −2") == [1234.5, -3, 3, 7, 3, -2])
    #expect(
      fault("about 3.14") {
        $0.number = 3.14159
        $0.tolerance = 0.01
      } == nil)
    #expect(
      fault("3.2") {
        $0.number = 3.14159
        $0.tolerance = 0.01
      } == "3.2 instead of 3.14159")
    #expect(fault("9 is it, as you said", question: "Is it 9?") { $0.number = 9 } == nil)
    #expect(fault(String(repeating: "9", count: 5000)) { $0.number = 9 } != nil)
  }

  @Test(arguments: [
    (#"{"name": "Anna", "age": 31}"#, true), ("```json\n{\n \"age\": 31,\n \"name\": \"anna\"\n}\n```", true),
    (#"Sure! {"name": "Anna", "age": "31", "more": [1, {"x": 2}]} Hope it helps"#, true),
    (#"{"name": "Anna"}"#, false), (#"{"name": "Anna", "age": 32}"#, false), (#"{name: Anna, age: 31}"#, false),
    (#"{"name": "Anna", "age": 31"#, false), (#"["Anna", 31]"#, false), (#"{} {"name": "Anna", "age": 31.0}"#, false),
  ])
  func jsonIsParsed(_ answer: String, _ isRight: Bool) {
    let found = fault(answer) { $0.json = [.init(key: "name", value: "Anna"), .init(key: "age", value: "31")] }
    #expect((found == nil) == isRight, "\(found ?? "right")")
  }

  @Test func formIsCounted() {
    #expect(fault("one\n\n  two  \nthree\n") { $0.lines = 3 } == nil)
    #expect(fault("one\ntwo") { $0.lines = 3 } == "2 lines instead of 3")
    #expect(fault("Deep, blue — endless.") { $0.words = 3 } == nil)
    #expect(fault("a b c d") { $0.words = 3 } == "4 words instead of 3")
    #expect(fault("GREEN!") { $0.isUppercase = true } == nil)
    #expect(fault("Green") { $0.isUppercase = true } != nil)
    #expect(fault("123") { $0.isUppercase = true } != nil)
    #expect(fault("apple, fig and pear") { $0.pattern = "apple\\W+fig" } == nil)
    #expect(fault("fig, apple") { $0.pattern = "apple\\W+fig" } != nil)
    #expect(fault("x") { $0.pattern = "(" }?.contains("cannot be read") == true)
  }

  @Test func noAnswerIsNeverRight() {
    #expect(fault(" \n") { $0.excludes = ["x"] } == "no answer")
  }

  @Test(arguments: [
    "def fib(n):\n    if n <= 1:\n        return n\n    return fib(n-1) + fib(n-2)",
    "Here it is:\n```python\ndef fibonacci(n):\n    if n == 0:\n        return 0\n    elif n == 1:\n        return 1\n    else:\n        return fibonacci(n - 2) + fibonacci(n - 1)\n```\nIt is recursive.",
    "def fibonacci(n: int) -> int:\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b\n    return a",
    "def fibonacci(n):\n  a = 0\n  b = 1\n  while n > 0:\n    c = a + b  # the sum\n    a = b\n    b = c\n    n -= 1\n  return a",
    "def fibonacci(n):\n    fib = [0, 1]\n    for i in range(2, n + 1):\n        fib.append(fib[i-1] + fib[i-2])\n    return fib[n]",
    "def fibonacci(n):\n    return n if n < 2 else fibonacci(n-1) + fibonacci(n-2)",
    "def fib_memo(n, memo={}):\n    if n in memo: return memo[n]\n    if n <= 2: return 1\n    memo[n] = fib_memo(n-1) + fib_memo(n-2)\n    return memo[n]",
  ])
  func rightCodeIsSeenToBeRight(_ code: String) {
    #expect(FibonacciRule.fault(code) == nil, "\(code)")
  }

  @Test(arguments: [
    "", "fibonacci(n) = fibonacci(n-1) + fibonacci(n-2)", "def add(a, b):\n    return a + b",
    "def fibonacci(n):\n    return fibonacci(n-1) + fibonacci(n-2)",
    "def fibonacci(n):\n    if n == 0:\n        return 0\n    return fibonacci(n-1) + fibonacci(n-2)",
    "def fibonacci(n):\n    if n <= 1:\n        return n\n    return fibonacci(n-1) * fibonacci(n-2)",
    "def fibonacci(n):\n    if n <= 1:\n        return n\n    return fibonacci(n-1) + fibonacci(n-3)",
    "def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a * b\n    return a",
    "def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, a + b",
    "def fibonacci(n):\n    a, b = 5, 8\n    for _ in range(n):\n        a, b = b, a + b\n    return a",
    "def fibonacci(n):\n    result = 1\n    for i in range(1, n + 1):\n        result *= i\n    return result",
    "def fibonacci(n):\n    # return fibonacci(n-1) + fibonacci(n-2)\n    return n",
    "def fibonacci(n):\n    a, b = 0, 1\n    for _ in range(n):\n        a, b = b, b + b\n    return a",
  ])
  func wrongCodeIsSeenToBeWrong(_ code: String) {
    #expect(FibonacciRule.fault(code) != nil, "\(code)")
  }

  @Test func theHaystackIsLongAndHasItsNeedle() throws {
    for depth in [0, 0.5, 1] {
      let text = HaystackText.text(.init(needle: "The code is 7.", depth: depth, words: 300))
      #expect((300...330).contains(text.split(separator: " ").count))
      #expect(text.components(separatedBy: "The code is 7.").count == 2)
      let place = try #require(text.range(of: "The code")).lowerBound
      let share = Double(text.distance(from: text.startIndex, to: place)) / Double(text.count)
      #expect(abs(share - depth) < 0.1)
    }
    #expect(HaystackText.text(.init(needle: "x", depth: 0.5, words: 0)) == "x")
  }
}
