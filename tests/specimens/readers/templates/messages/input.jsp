<%@ taglib prefix="fmt" uri="http://java.sun.com/jsp/jstl/fmt" %>
<form id="face"><table>
<tr><td><fmt:message key="face.age"/></td><td><input name="f1"/></td></tr>
<tr><td><fmt:message key="face.glasses"/></td><td><input name="f2"/></td></tr>
<tr><td><fmt:message key="face.ethnicity"/></td><td><select name="f3"><option value="1">A</option></select></td></tr>
</table></form>
<form id="face">
<label><spring:message code="person.gender"/></label><form:input path="f1"/>
<label><spring:message code="person.ethnicity"/></label><form:input path="f3"/>
</form>
