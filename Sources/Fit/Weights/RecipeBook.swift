import Domain
import Synchronization

/// The rules of every recipe for one sort of model, looked up by number.
struct RecipeBook: Sendable {
  /// A rule with what it costs for rows that are whole numbers of 256 elements.
  struct Entry: Sendable {
    let rule: RoleRule
    /// Bytes of 256 elements by the rule, and what its exceptions add to that.
    let bytes: Int64
    let firstMore: Int64
    let secondMore: Int64

    init(_ rule: RoleRule) {
      self.rule = rule
      bytes = rule.otherwise.bytesOf256
      firstMore = rule.first.map { $0.type.bytesOf256 - rule.otherwise.bytesOf256 } ?? 0
      secondMore = rule.second.map { $0.type.bytesOf256 - rule.otherwise.bytesOf256 } ?? 0
    }

    var hasException: Bool { rule.first != nil }
  }

  private let entries: [Entry]

  private init(facts: RecipeFacts, era: RecipeEra) {
    entries = GGUFRecipe.allCases.flatMap { recipe in
      let rules = RecipeRules(recipe: recipe, facts: facts, era: era)
      return TensorRole.allCases.map { Entry(rules.rule($0)) }
    }
  }

  /// How many roles there are.
  private static let roles = TensorRole.allCases.count

  /// The rule of a role in the recipe with this place in `GGUFRecipe.allCases`.
  subscript(recipe: Int, role: TensorRole) -> Entry { entries[recipe * Self.roles + Int(role.rawValue)] }

  /// The rules for a sort of model. There are few sorts, and many models of each.
  static func of(_ facts: RecipeFacts, era: RecipeEra) -> RecipeBook {
    books.withLock { books in
      let key = Key(facts: facts, era: era)
      if let known = books[key] { return known }
      let book = RecipeBook(facts: facts, era: era)
      books[key] = book
      return book
    }
  }

  private struct Key: Hashable {
    let facts: RecipeFacts
    let era: RecipeEra
  }

  private static let books = Mutex<[Key: RecipeBook]>([:])
}
