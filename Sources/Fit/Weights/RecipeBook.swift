import Domain
import Synchronization

/// The rules of every recipe for one sort of model, looked up by number.
struct RecipeBook: Sendable {
  private let rules: [RoleRule]

  private init(facts: RecipeFacts, era: RecipeEra) {
    rules = GGUFRecipe.allCases.flatMap { recipe in
      let rules = RecipeRules(recipe: recipe, facts: facts, era: era)
      return TensorRole.allCases.map(rules.rule)
    }
  }

  /// The rule of a role in the recipe with this place in `GGUFRecipe.allCases`.
  subscript(recipe: Int, role: TensorRole) -> RoleRule {
    rules[recipe * TensorRole.allCases.count + Int(role.rawValue)]
  }

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
