import Foundation

/// Looks at a Python function of the Fibonacci numbers, and never runs it.
///
/// It has to be defined, to add its two predecessors in a recursion or a loop, to begin with right values, and to return
/// something. This is a reader's look at the text: code in an unusual form is refused, wrong code in a usual form mostly, too.
enum FibonacciRule {
  /// What is wrong, for a person; nil for right code.
  static func fault(_ answer: String) -> String? {
    guard let function = function(in: answer) else { return "no function with “fib” in its name" }
    let lines = function.body
    guard lines.contains(where: { $0.hasPrefix("return") || $0.contains(":return") || $0.contains("yield") }) else {
      return "the function returns nothing"
    }
    let code = lines.joined(separator: "\n")
    if isRecursive(code, function) {
      return hasBase(code, function.parameter) ? nil : "the recursion has no end at its two first numbers"
    }
    guard code.contains("for") || code.contains("while") else { return "neither recursion nor loop adds predecessors" }
    guard isIterative(code) else { return "the loop does not add the two predecessors" }
    return startsRight(code) ? nil : "the loop does not begin with 0 and 1"
  }

  private struct Function {
    let name: String
    let parameter: String
    /// The lines behind the head, without blanks and comments.
    let body: [String]
  }

  /// The first function whose name has `fib` in it, with those of its lines that are indented.
  private static func function(in answer: String) -> Function? {
    let lines = answer.split(whereSeparator: \.isNewline).prefix(400).map(String.init)
    for (index, line) in lines.enumerated() {
      guard
        let match = line.firstMatch(
          of: /^(\s*)def\s+([A-Za-z_][A-Za-z_0-9]*)\s*\(\s*([A-Za-z_][A-Za-z_0-9]*)[^)]*\).*?:\s*(.*)$/),
        match.2.lowercased().contains("fib")
      else { continue }
      let indent = match.1.count
      var body = [String(match.4)]
      for next in lines[(index + 1)...] {
        let blanks = next.prefix { $0 == " " || $0 == "\t" }.count
        if blanks <= indent, !next.trimmingCharacters(in: .whitespaces).isEmpty { break }
        body.append(next)
      }
      let plain = body.map { stripped($0) }.filter { !$0.isEmpty }
      return Function(name: String(match.2), parameter: String(match.3), body: plain)
    }
    return nil
  }

  /// A line without blanks and without what stands behind a `#`.
  private static func stripped(_ line: String) -> String {
    String(line.prefix { $0 != "#" }.filter { !$0.isWhitespace })
  }

  // MARK: Recursion

  private static func isRecursive(_ code: String, _ function: Function) -> Bool {
    let (name, n) = (function.name, function.parameter)
    func call(_ back: Int) -> [String] { ["\(name)(\(n)-\(back))", "self.\(name)(\(n)-\(back))"] }
    return call(1).contains { first in
      call(2).contains { second in code.contains("\(first)+\(second)") || code.contains("\(second)+\(first)") }
    }
  }

  /// Whether the recursion ends at two numbers.
  private static func hasBase(_ code: String, _ n: String) -> Bool {
    func has(_ texts: String...) -> Bool { texts.contains { code.contains($0) } }
    // One comparison for both.
    if has(
      "\(n)<=1", "\(n)<2", "\(n)<=2", "\(n)<3", "\(n)in(0,1)", "\(n)in[0,1]", "\(n)in{0,1}", "\(n)in(1,2)",
      "\(n)in[1,2]", "\(n)==0or\(n)==1", "\(n)==1or\(n)==2", "\(n)==1or\(n)==0", "1>=\(n)", "2>\(n)", "\(n)notin")
    {
      return has("return\(n)", "return1", "\(n)if", "1if")
    }
    let zero = has("\(n)==0", "\(n)<=0", "\(n)<1", "not\(n):")
    let one = has("\(n)==1")
    let two = has("\(n)==2")
    return one && (zero || two) && has("return1", "return\(n)")
  }

  // MARK: Loops

  private static func isIterative(_ code: String) -> Bool {
    let name = "[A-Za-z_][A-Za-z_0-9]*"
    // a, b = b, a + b
    if let match = try? Regex("(\(name)),(\(name))=(\(name)),(\(name))\\+(\(name))(?![A-Za-z_0-9(\\[])")
      .firstMatch(in: code)
    {
      let parts = (1...5).map { match[$0].substring.map(String.init) ?? "" }
      if parts[2] == parts[1], Set([parts[3], parts[4]]) == Set([parts[0], parts[1]]), parts[0] != parts[1] {
        return true
      }
    }
    // c = a + b, a = b, b = c
    if let match = try? Regex("(?:^|\n|:|;)(\(name))=(\(name))\\+(\(name))(?=\n|;|$)").firstMatch(in: code) {
      let parts = (1...3).map { match[$0].substring.map(String.init) ?? "" }
      let (sum, a, b) = (parts[0], parts[1], parts[2])
      for (x, y) in [(a, b), (b, a)] where Set([sum, a, b]).count == 3 {
        if code.contains("\(x)=\(y)") && code.contains("\(y)=\(sum)") || code.contains("\(x),\(y)=\(y),\(sum)") {
          return true
        }
      }
    }
    // A list that grows by the sum of its last two, or is filled so.
    return (try? Regex("(\(name))\\[(?:-1|\(name)-1)\\]\\+(\(name))\\[(?:-2|\(name)-2)\\]").firstMatch(in: code))
      .flatMap { $0 } != nil
      || (try? Regex("(\(name))\\[(?:-2|\(name)-2)\\]\\+(\(name))\\[(?:-1|\(name)-1)\\]").firstMatch(in: code))
        .flatMap { $0 } != nil
  }

  private static func startsRight(_ code: String) -> Bool {
    let starts = ["=0,1", "=1,1", "=[0,1", "=[1,1", "=(0,1", "=(1,1", "=[0]*", "=[1]*"]
    if starts.contains(where: code.contains) { return true }
    // Two assignments: one of 0 or 1, and one of 1.
    let ones = code.matches(of: /(?:^|\n)[A-Za-z_][A-Za-z_0-9]*=1(?=\n|$)/).count
    let zeros = code.matches(of: /(?:^|\n)[A-Za-z_][A-Za-z_0-9]*=0(?=\n|$)/).count
    return ones >= 2 || ones >= 1 && zeros >= 1
  }
}
