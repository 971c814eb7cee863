/// What a template does, statement by statement.
indirect enum TemplateNode: Sendable {
  /// Text as it stands.
  case text(String)
  /// `{{ … }}`.
  case output(TemplateExpression, line: Int)
  /// `{% if %}` with its branches; the last one has no condition for `else`.
  case conditional([Branch], line: Int)
  /// `{% for %}`.
  case loop(Loop, line: Int)
  /// `{% set target = value %}`.
  case set(TemplateTarget, TemplateExpression, line: Int)
  /// `{% set target | filters %}…{% endset %}`.
  case setBlock(TemplateTarget, [TemplateCall], [TemplateNode], line: Int)
  /// `{% macro %}`.
  case macro(Macro, line: Int)
  /// `{% filter %}…{% endfilter %}`.
  case filterBlock([TemplateCall], [TemplateNode], line: Int)
  /// A block whose assignments do not leave it: `{% generation %}`.
  case block([TemplateNode])
  case breakLoop
  case continueLoop

  /// A branch of a condition.
  struct Branch: Sendable {
    let condition: TemplateExpression?
    let body: [TemplateNode]
  }

  /// A loop over a sequence.
  struct Loop: Sendable {
    let target: TemplateTarget
    let sequence: TemplateExpression
    /// Elements for which this is false are left out.
    let condition: TemplateExpression?
    let body: [TemplateNode]
    /// What is done when there is no element.
    let otherwise: [TemplateNode]
  }

  /// A piece of template that is called like a function.
  struct Macro: Sendable {
    struct Parameter: Sendable {
      let name: String
      let standard: TemplateExpression?
    }
    let name: String
    let parameters: [Parameter]
    let body: [TemplateNode]
  }
}

/// Where a value goes.
indirect enum TemplateTarget: Sendable {
  case name(String)
  /// An attribute of a namespace.
  case attribute(of: String, String)
  /// A sequence that is taken apart.
  case parts([TemplateTarget])
}

/// A name with arguments: a filter, a test or a function.
struct TemplateCall: Sendable {
  let name: String
  var positional: [TemplateExpression] = []
  var named: [Named] = []

  struct Named: Sendable {
    let name: String
    let value: TemplateExpression
  }
}

/// An expression, and how deep it is nested.
struct TemplateExpression: Sendable {
  let kind: Kind
  /// 1 for a name or constant.
  let depth: Int

  indirect enum Kind: Sendable {
    case constant(TemplateValue)
    case name(String)
    case list([TemplateExpression])
    case tuple([TemplateExpression])
    case map([Entry])
    case attribute(TemplateExpression, String)
    case item(TemplateExpression, TemplateExpression)
    case slice(TemplateExpression, from: TemplateExpression?, to: TemplateExpression?, by: TemplateExpression?)
    case call(TemplateExpression, TemplateCall)
    case filter(TemplateExpression, TemplateCall)
    case test(TemplateExpression, TemplateCall)
    case not(TemplateExpression)
    case negative(TemplateExpression)
    case positive(TemplateExpression)
    case binary(TemplateOperator, TemplateExpression, TemplateExpression)
    case joined([TemplateExpression])
    case comparison(TemplateExpression, [Comparison])
    case and(TemplateExpression, TemplateExpression)
    case or(TemplateExpression, TemplateExpression)
    case conditional(if: TemplateExpression, then: TemplateExpression, else: TemplateExpression?)
  }

  struct Entry: Sendable {
    let key: TemplateExpression
    let value: TemplateExpression
  }

  struct Comparison: Sendable {
    let relation: TemplateRelation
    let right: TemplateExpression
  }
}

/// An operator of arithmetic.
enum TemplateOperator: String, Sendable {
  case plus = "+"
  case minus = "-"
  case times = "*"
  case divided = "/"
  case floorDivided = "//"
  case modulo = "%"
  case power = "**"
}

/// A relation of two values.
enum TemplateRelation: String, Sendable {
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case inside = "in"
  case outside = "not in"
}
