/// What a template may cost. Real ones stay far below: the longest known has some 100 kB and takes a few thousand steps.
struct TemplateLimits: Sendable {
  /// Bytes of a template.
  var sourceBytes = 1 << 20
  /// How deep expressions, statements and values may be nested.
  var nesting = 64
  /// How deep evaluation may recurse, calls of macros included.
  var recursion = 256
  /// Steps of one rendering: nodes that are evaluated, and one more for each 64 bytes or elements that are touched.
  var steps = 2_000_000
  /// Bytes of a text and elements of a list that come up while rendering, and bytes of the result.
  var size = 4 << 20
  /// Elements of a `range`, as in Jinja's sandbox.
  var range = 100_000
}
